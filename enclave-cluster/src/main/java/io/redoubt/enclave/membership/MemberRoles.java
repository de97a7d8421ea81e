package io.redoubt.enclave.membership;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.apache.pekko.cluster.Member;

/**
 * A member's name, start and incarnation, carried as roles: all that the cluster tells every node
 * about a member, also while the member does not answer.
 */
public final class MemberRoles {
  private static final String NAME = "node-";
  private static final String STARTED = "started-";
  private static final String INCARNATION = "incarnation-";
  private static final String SESSION = "session-";

  private MemberRoles() {}

  /**
   * The roles of a node.
   *
   * @param incarnation this start of it, as the store numbers them
   * @param session this start of it, as the table of members knows it
   */
  public static List<String> of(String node, Instant startedAt, long incarnation, UUID session) {
    return List.of(
        NAME + node,
        STARTED + startedAt.toEpochMilli(),
        INCARNATION + incarnation,
        SESSION + session);
  }

  /** The name a member gave itself; its address where it gave none. */
  public static String name(Member member) {
    return value(member, NAME).orElseGet(() -> member.address().toString());
  }

  public static Instant startedAt(Member member) {
    return value(member, STARTED)
        .map(text -> Instant.ofEpochMilli(Long.parseLong(text)))
        .orElse(Instant.EPOCH);
  }

  static OptionalLong incarnation(Member member) {
    return value(member, INCARNATION).stream().mapToLong(Long::parseLong).findFirst();
  }

  static Optional<UUID> session(Member member) {
    return value(member, SESSION).map(UUID::fromString);
  }

  private static Optional<String> value(Member member, String prefix) {
    return member.getRoles().stream()
        .filter(role -> role.startsWith(prefix))
        .map(role -> role.substring(prefix.length()))
        .findFirst();
  }
}
