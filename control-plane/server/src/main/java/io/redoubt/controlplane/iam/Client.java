package io.redoubt.controlplane.iam;

import io.redoubt.controlplane.operator.Permission;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.MemberId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An OAuth client, as operators see it.
 *
 * @param memberId whom it acts for; null: a service of its own
 * @param roles and {@code permissions} what it was given; it may do no more than its member may at
 *     the moment
 * @param breakGlass whether enclaves know it for the time when the control plane is away
 */
public record Client(
    ClientId id,
    String name,
    @Nullable MemberId memberId,
    List<Role> roles,
    List<Permission> permissions,
    boolean breakGlass,
    Instant createdAt,
    String createdBy,
    Instant rotatedAt,
    @Nullable Instant lastUsedAt,
    @Nullable Instant deletedAt) {

  public Client {
    roles = List.copyOf(roles);
    permissions = List.copyOf(permissions);
  }
}
