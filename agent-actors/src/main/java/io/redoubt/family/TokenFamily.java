package io.redoubt.family;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.redoubt.ClusterMessage;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Instant;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** Protocol of a refresh-token family (G1, G2). */
public final class TokenFamily {
  private TokenFamily() {}

  /** What a family is asked. */
  public sealed interface Command extends ClusterMessage {}

  /**
   * Opens the family with its first token. The same opening again is answered as done, while that
   * token is still unused: a repeated bootstrap asks just this (G2).
   *
   * @param first digest of the first refresh token
   * @param expiresAt when that token expires
   * @param accessExpiresAt when the access token issued beside it expires
   * @param jkt thumbprint of the key that every use must prove (RFC 9449); null: none
   */
  public record Open(
      AgentId agent,
      TokenDigest first,
      Instant expiresAt,
      Instant accessExpiresAt,
      @Nullable String jkt,
      ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Spends the presented token for its successor.
   *
   * @param agent whose the token says it is
   * @param next digest of the successor
   * @param committed whether the client made the successor itself, and so may repeat the request
   * @param nextExpiresAt when the successor expires
   * @param jti id of the access token that will be issued
   * @param accessExpiresAt when that token expires
   * @param jkt thumbprint of the key proved with this request; null: none
   * @param until when nobody waits for the answer any more; later it does nothing
   */
  public record Rotate(
      AgentId agent,
      TokenDigest presented,
      TokenDigest next,
      boolean committed,
      Instant nextExpiresAt,
      String jti,
      Instant accessExpiresAt,
      @Nullable String jkt,
      Instant until,
      ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Shows a token of an agent that may not rotate now. Nothing is spent and nothing handed out, but
   * a replay is one then as ever (G2).
   *
   * @param agent whose the token says it is
   * @param commitment digest of the successor that the client made itself; null: it made none
   * @param jkt thumbprint of the key proved with this request; null: none
   * @param until when nobody waits for the answer any more; later it does nothing
   */
  public record Examine(
      AgentId agent,
      TokenDigest presented,
      @Nullable TokenDigest commitment,
      @Nullable String jkt,
      Instant until,
      ActorRef<Reply> replyTo)
      implements Command {}

  /** Ends the family. Again, it is answered as done. */
  public record Revoke(String reason, ActorRef<Reply> replyTo) implements Command {}

  /** Internal: nobody needs this incarnation any more. */
  record Stop() implements Command {}

  /** What a family answers. */
  public sealed interface Reply extends ClusterMessage {}

  /** Open, with its first token unused. */
  public record Opened() implements Reply {}

  /**
   * Rotated; on a repeat, what the first answer was.
   *
   * @param generation of the successor; the first token is generation 0
   */
  public record Rotated(
      long generation, String jti, Instant accessExpiresAt, @Nullable String jkt, boolean repeated)
      implements Reply {}

  /** What was examined is no replay, and could be rotated with if its agent were let. */
  public record Stands() implements Reply {}

  /**
   * A spent token came back: the family is revoked, and so is every access token of it.
   *
   * @param accessExpiresAt when the last of those would have expired
   */
  public record Replayed(Instant accessExpiresAt) implements Reply {}

  /**
   * Revoked, now or before.
   *
   * @param accessExpiresAt when the last access token of the family expires
   */
  public record Revoked(Instant accessExpiresAt) implements Reply {}

  /** Refused; nothing is spent and nothing has changed. */
  public record Refused(Refusal why) implements Reply {}

  /** Why a command is refused without consequences. */
  public enum Refusal {
    /** Never opened, or the token names another agent. */
    UNKNOWN,
    /** Opened before, and its first token is spent or was another one. */
    ALREADY_OPEN,
    EXPIRED,
    REVOKED,
    /** The successor is a token that is or was in use: a spent token would live again (G1). */
    SUCCESSOR_NOT_FRESH,
    /** The family is bound to a key, and the proof is missing or by another key. */
    PROOF_INVALID
  }

  /** Kept for ever: these names, never class names, are the journal's contract. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "@type")
  @JsonSubTypes({
    @JsonSubTypes.Type(FamilyOpened.class),
    @JsonSubTypes.Type(TokenRotated.class),
    @JsonSubTypes.Type(RotationRepeated.class),
    @JsonSubTypes.Type(ReplayDetected.class),
    @JsonSubTypes.Type(FamilyRevoked.class)
  })
  public sealed interface Event {}

  /** The first token stands. */
  @JsonTypeName("opened")
  public record FamilyOpened(
      AgentId agent,
      TokenDigest first,
      Instant expiresAt,
      Instant accessExpiresAt,
      @Nullable String jkt,
      Instant at)
      implements Event {}

  /** The token that stood is spent, and {@code next} stands in its place. */
  @JsonTypeName("rotated")
  public record TokenRotated(
      TokenDigest next,
      boolean committed,
      Instant nextExpiresAt,
      String jti,
      Instant accessExpiresAt,
      Instant at)
      implements Event {}

  /** The committed request of the last rotation came again and got the same answer (G2). */
  @JsonTypeName("repeated")
  public record RotationRepeated(Instant at) implements Event {}

  /** A token that does not stand was presented; the family ended there. */
  @JsonTypeName("replay-detected")
  public record ReplayDetected(TokenDigest presented, Instant at) implements Event {}

  /** The family was ended. */
  @JsonTypeName("revoked")
  public record FamilyRevoked(String reason, Instant at) implements Event {}
}
