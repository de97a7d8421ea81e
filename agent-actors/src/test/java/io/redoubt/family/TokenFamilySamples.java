package io.redoubt.family;

import io.redoubt.family.TokenFamily.Command;
import io.redoubt.family.TokenFamily.Examine;
import io.redoubt.family.TokenFamily.FamilyOpened;
import io.redoubt.family.TokenFamily.FamilyRevoked;
import io.redoubt.family.TokenFamily.Open;
import io.redoubt.family.TokenFamily.Opened;
import io.redoubt.family.TokenFamily.Refusal;
import io.redoubt.family.TokenFamily.Refused;
import io.redoubt.family.TokenFamily.ReplayDetected;
import io.redoubt.family.TokenFamily.Replayed;
import io.redoubt.family.TokenFamily.Reply;
import io.redoubt.family.TokenFamily.Revoke;
import io.redoubt.family.TokenFamily.Revoked;
import io.redoubt.family.TokenFamily.Rotate;
import io.redoubt.family.TokenFamily.Rotated;
import io.redoubt.family.TokenFamily.RotationRepeated;
import io.redoubt.family.TokenFamily.Stands;
import io.redoubt.family.TokenFamily.Stop;
import io.redoubt.family.TokenFamily.TokenRotated;
import io.redoubt.family.TokenFamilyState.Live;
import io.redoubt.family.TokenFamilyState.Rotation;
import io.redoubt.family.TokenFamilyState.Unopened;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.serialization.Sample;
import java.time.Instant;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/** One of everything that a token family stores or says. */
public final class TokenFamilySamples {
  private static final Instant AT = Instant.parse("2026-11-20T12:00:00.123456Z");
  private static final Instant LATER = Instant.parse("2026-11-20T12:05:00Z");
  private static final Instant TOMORROW = Instant.parse("2026-11-21T12:00:00Z");
  private static final TokenDigest FIRST = TokenDigest.of("first");
  private static final TokenDigest NEXT = TokenDigest.of("next");
  private static final AgentId AGENT = AgentId.parse("agt_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");

  private TokenFamilySamples() {}

  /** Events and phases, each with its golden file. */
  public static List<Sample> stored() {
    return List.of(
        new Sample(
            "token-family-event/opened.json",
            new FamilyOpened(AGENT, FIRST, TOMORROW, LATER, "jkt", AT)),
        new Sample(
            "token-family-event/opened-bare.json",
            new FamilyOpened(AGENT, FIRST, TOMORROW, LATER, null, AT)),
        new Sample(
            "token-family-event/rotated.json",
            new TokenRotated(NEXT, true, TOMORROW, "jti", LATER, AT)),
        new Sample("token-family-event/repeated.json", new RotationRepeated(AT)),
        new Sample("token-family-event/replay-detected.json", new ReplayDetected(FIRST, AT)),
        new Sample("token-family-event/revoked.json", new FamilyRevoked("leak", AT)),
        new Sample("token-family-state/unopened.json", new Unopened()),
        new Sample(
            "token-family-state/live.json",
            new Live(
                AGENT,
                "jkt",
                NEXT,
                TOMORROW,
                1,
                LATER,
                new Rotation(FIRST, true, "jti", LATER, AT, 2),
                null)),
        new Sample(
            "token-family-state/live-spent.json",
            new Live(
                AGENT,
                null,
                TokenDigest.of("third"),
                TOMORROW,
                2,
                LATER,
                new Rotation(NEXT, false, "jti", LATER, AT, 0),
                SpentTokens.NONE.and(FIRST).and(NEXT))),
        new Sample(
            "token-family-state/live-bare.json",
            new Live(AGENT, null, FIRST, TOMORROW, 0, LATER, null, null)),
        new Sample(
            "token-family-state/revoked.json", new TokenFamilyState.Revoked(AGENT, 3, LATER)));
  }

  /** Every command, asked by {@code replyTo}. */
  public static List<Command> commands(ActorRef<Reply> replyTo) {
    return List.of(
        new Open(AGENT, FIRST, TOMORROW, LATER, null, replyTo),
        new Rotate(AGENT, FIRST, NEXT, true, TOMORROW, "jti", LATER, "jkt", LATER, replyTo),
        new Revoke("leak", replyTo),
        new Stop(),
        new Examine(AGENT, FIRST, NEXT, "jkt", LATER, replyTo),
        new Examine(AGENT, FIRST, null, null, LATER, replyTo));
  }

  /** Every answer. */
  public static List<Reply> replies() {
    return List.of(
        new Opened(),
        new Rotated(1, "jti", LATER, null, true),
        new Replayed(LATER),
        new Revoked(LATER),
        new Refused(Refusal.ALREADY_OPEN),
        new Stands());
  }
}
