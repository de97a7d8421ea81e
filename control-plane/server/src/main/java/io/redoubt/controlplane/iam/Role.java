package io.redoubt.controlplane.iam;

import static io.redoubt.controlplane.operator.Permission.*;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.redoubt.controlplane.operator.Permission;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The built-in roles, each a set of permissions. */
public enum Role {
  /** Everything in the organization. At least one member has it. */
  OWNER(EnumSet.complementOf(EnumSet.of(ORGANIZATIONS_MANAGE))),
  /**
   * Runs the fleet; does not decide approvals, does not change the organization itself, and does
   * not read what agents say.
   */
  ADMIN(
      EnumSet.complementOf(
          EnumSet.of(
              ORGANIZATIONS_MANAGE, ORG_MANAGE, APPROVALS_DECIDE, APPROVALS_EDIT, PAYLOADS_READ))),
  APPROVER(EnumSet.of(ORG_READ, AGENTS_READ, APPROVALS_READ, APPROVALS_DECIDE, APPROVALS_EDIT)),
  /** Reads everything, audit and what agents say included, and changes nothing. */
  AUDITOR(
      EnumSet.of(
          ORG_READ,
          MEMBERS_READ,
          CLIENTS_READ,
          AGENTS_READ,
          ENCLAVES_READ,
          PROVIDERS_READ,
          CONNECTORS_READ,
          POLICIES_READ,
          APPROVALS_READ,
          AUDIT_READ,
          PAYLOADS_READ,
          USAGE_READ)),
  VIEWER(
      EnumSet.of(
          ORG_READ,
          AGENTS_READ,
          ENCLAVES_READ,
          PROVIDERS_READ,
          CONNECTORS_READ,
          POLICIES_READ,
          USAGE_READ)),
  /** Runs the installation: makes organizations and says which enclaves serve them. */
  PLATFORM_ADMIN(EnumSet.of(ORGANIZATIONS_MANAGE));

  @SuppressWarnings("ImmutableEnumChecker") // copied, and unmodifiable
  private final Set<Permission> permissions;

  Role(EnumSet<Permission> permissions) {
    this.permissions = Set.copyOf(permissions);
  }

  public Set<Permission> permissions() {
    return permissions;
  }

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @JsonCreator
  public static Role of(String wire) {
    return Arrays.stream(values())
        .filter(value -> value.wire().equals(wire))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown role"));
  }

  static Set<Permission> permissionsOf(Collection<Role> roles) {
    var all = EnumSet.noneOf(Permission.class);
    roles.forEach(role -> all.addAll(role.permissions));
    return all;
  }
}
