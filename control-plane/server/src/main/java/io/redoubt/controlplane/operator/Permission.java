package io.redoubt.controlplane.operator;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What an operator may do: {@code resource:verb}. The closed list. */
public enum Permission {
  ORG_READ,
  ORG_MANAGE,
  MEMBERS_READ,
  MEMBERS_MANAGE,
  CLIENTS_READ,
  CLIENTS_MANAGE,
  AGENTS_READ,
  AGENTS_MANAGE,
  ENCLAVES_READ,
  ENCLAVES_MANAGE,
  PROVIDERS_READ,
  PROVIDERS_MANAGE,
  CONNECTORS_READ,
  CONNECTORS_MANAGE,
  POLICIES_READ,
  POLICIES_MANAGE,
  APPROVALS_READ,
  APPROVALS_DECIDE,
  /** Approves calls with other arguments than an agent asked for. */
  APPROVALS_EDIT,
  AUDIT_READ,
  /** Reads what agents sent and models answered, at their enclave. */
  PAYLOADS_READ,
  USAGE_READ,
  /** Of the whole installation: makes organizations and says which enclaves serve them. */
  ORGANIZATIONS_MANAGE;

  private static final String ALL_VERBS = ":*";

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT).replace('_', ':');
  }

  @JsonCreator
  public static Permission of(String wire) {
    return find(wire).orElseThrow(() -> new IllegalArgumentException("unknown permission"));
  }

  /** The permission of that name; empty for one of a newer version. */
  public static Optional<Permission> find(String wire) {
    return Arrays.stream(values()).filter(value -> value.wire().equals(wire)).findFirst();
  }

  /** Reads {@code agents:read} or {@code agents:*}; empty if there is no such permission. */
  public static Set<Permission> expand(String text) {
    String resource =
        text.endsWith(ALL_VERBS) ? text.substring(0, text.length() - 1) : "\0"; // matches nothing
    return Arrays.stream(values())
        .filter(value -> value.wire().equals(text) || value.wire().startsWith(resource))
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Permission.class)));
  }
}
