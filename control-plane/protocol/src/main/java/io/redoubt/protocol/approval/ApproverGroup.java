package io.redoubt.protocol.approval;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Members and clients under one name, so that workflows need not name each of them.
 *
 * @param members by their identifiers, in their order
 */
@JsonPropertyOrder({"name", "members"})
public record ApproverGroup(String name, List<String> members) {
  /** How a tier names a group among its approvers. */
  private static final String PREFIX = "group:";

  public static final int MAX_MEMBERS = 200;
  private static final int MAX_ID = 100;
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

  public ApproverGroup {
    members = members.stream().distinct().sorted().toList();
    if (!isName(name)) {
      throw new IllegalArgumentException("not the name of a group");
    }
    if (members.isEmpty()
        || members.size() > MAX_MEMBERS
        || members.stream().anyMatch(it -> it.isBlank() || it.length() > MAX_ID)) {
      throw new IllegalArgumentException("a group has 1 to " + MAX_MEMBERS + " members");
    }
  }

  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** The group of that name, as a tier names it. */
  public static String approver(String name) {
    return PREFIX + name;
  }

  /** The group that an approver stands for; empty: it is somebody, and no group. */
  public static Optional<String> named(String approver) {
    return approver.startsWith(PREFIX)
        ? Optional.of(approver.substring(PREFIX.length()))
        : Optional.empty();
  }
}
