package io.redoubt.controlplane.operator;

import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who acts, for which organization, and what they may do there. Comes from a verified credential,
 * never from a body, path or header (G7).
 *
 * @param subject a member's or a client's identifier
 * @param client the OAuth client; null for the control plane itself, and for a member who acts
 *     through a channel
 * @param authenticatedAt when they proved who they are, as their token says; null: that is not
 *     known, as of a member who acts through a channel
 */
public record Operator(
    OrganizationId organization,
    String subject,
    @Nullable ClientId client,
    Set<Permission> permissions,
    @Nullable Instant authenticatedAt) {

  public Operator {
    permissions = Set.copyOf(permissions);
  }

  /** One of whom it is not known when they proved who they are. */
  public Operator(
      OrganizationId organization,
      String subject,
      @Nullable ClientId client,
      Set<Permission> permissions) {
    this(organization, subject, client, permissions, null);
  }

  private static final String SYSTEM = "system";

  /** The control plane itself, at installation and upkeep. */
  public static Operator system(OrganizationId organization) {
    return new Operator(organization, SYSTEM, null, EnumSet.allOf(Permission.class));
  }

  /** The person behind the client; empty for a service's own client. */
  public Optional<MemberId> member() {
    try {
      return Optional.of(MemberId.parse(subject));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /** Whether nobody in particular acts. */
  boolean isSystem() {
    return subject.equals(SYSTEM);
  }

  /**
   * How long ago they proved who they are, in seconds; what lies ahead by a clock that differs was
   * just now. Empty: that is not known.
   */
  public OptionalLong authenticationAge(Instant now) {
    return authenticatedAt == null
        ? OptionalLong.empty()
        : OptionalLong.of(Math.max(0, now.getEpochSecond() - authenticatedAt.getEpochSecond()));
  }

  public boolean may(Permission permission) {
    return permissions.contains(permission);
  }
}
