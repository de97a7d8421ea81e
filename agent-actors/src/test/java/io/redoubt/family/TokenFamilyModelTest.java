package io.redoubt.family;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.redoubt.family.TokenFamily.Command;
import io.redoubt.family.TokenFamily.Event;
import io.redoubt.family.TokenFamily.Open;
import io.redoubt.family.TokenFamily.Refusal;
import io.redoubt.family.TokenFamily.Refused;
import io.redoubt.family.TokenFamily.Replayed;
import io.redoubt.family.TokenFamily.Reply;
import io.redoubt.family.TokenFamily.Revoke;
import io.redoubt.family.TokenFamily.Rotate;
import io.redoubt.family.TokenFamily.Rotated;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Random histories against a model that knows nothing of states and events: it remembers every
 * request and reads G1 and G2 as they are written.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenFamilyModelTest {
  private static final int HISTORIES = 150;
  private static final int STEPS = 40;

  private final ActorTestKit kit =
      ActorTestKit.create(EventSourcedBehaviorTestKit.config().withFallback(ConfigFactory.load()));
  private final ManualClock clock = new ManualClock();
  private final OrganizationId organization = OrganizationId.next(clock);
  private final AgentId agent = AgentId.next(clock);
  private final Set<String> seen = new HashSet<>();

  @AfterAll
  void shutDown() {
    kit.shutdownTestKit();
  }

  /** One rotation that was carried out. */
  private record Success(
      TokenDigest spent, TokenDigest next, boolean committed, String jti, Instant at) {}

  /** What the family must do, in the words of the guarantees. */
  private static final class Model {
    private final List<TokenDigest> everCurrent = new ArrayList<>();
    private final List<Success> rotations = new ArrayList<>();
    private final Map<Success, Integer> repeats = new HashMap<>();
    private Instant expiresAt;
    private boolean revoked;

    Model(TokenDigest first, Instant expiresAt) {
      everCurrent.add(first);
      this.expiresAt = expiresAt;
    }

    TokenDigest current() {
      return everCurrent.getLast();
    }

    /** The answer's kind: "rotated", "repeated", "replayed" or the refusal's name. */
    String expect(Rotate rotate, Instant now) {
      if (revoked) {
        return Refusal.REVOKED.name();
      }
      if (!now.isBefore(expiresAt)) {
        return Refusal.EXPIRED.name();
      }
      if (rotate.presented().equals(current())) {
        if (everCurrent.contains(rotate.next())) {
          return Refusal.SUCCESSOR_NOT_FRESH.name();
        }
        everCurrent.add(rotate.next());
        rotations.add(
            new Success(rotate.presented(), rotate.next(), rotate.committed(), rotate.jti(), now));
        expiresAt = rotate.nextExpiresAt();
        return "rotated";
      }
      for (var success : rotations) {
        boolean identical =
            success.committed()
                && rotate.committed()
                && success.spent().equals(rotate.presented())
                && success.next().equals(rotate.next());
        boolean inTime = !now.isAfter(success.at().plusSeconds(60));
        boolean unused = success.next().equals(current());
        int soFar = repeats.getOrDefault(success, 0);
        if (identical && inTime && unused && soFar < 3) {
          repeats.put(success, soFar + 1);
          return "repeated";
        }
      }
      revoked = true;
      return "replayed";
    }
  }

  @Test
  void noHistoryGivesATokenTwoSuccessors() {
    for (int seed = 0; seed < HISTORIES; seed++) {
      play(seed);
    }

    // Histories in which something never happened would have proved nothing about it.
    assertThat(seen)
        .contains("rotated", "repeated", "replayed", "REVOKED", "EXPIRED", "SUCCESSOR_NOT_FRESH");
  }

  private void play(int seed) {
    var random = new Random(seed);
    clock.set(ManualClock.START);
    var key = FamilyKey.of(FamilyHandle.create(organization, agent));
    var family = start(key);
    var first = token(seed, 0);
    var model = new Model(first, clock.instant().plus(Duration.ofHours(24)));
    family.<Reply>runCommand(replyTo ->
        new Open(
            agent,
            first,
            clock.instant().plus(Duration.ofHours(24)),
            clock.instant().plusSeconds(300),
            null,
            replyTo));
    var successors = new HashMap<TokenDigest, TokenDigest>();
    var sent = new ArrayList<Move>();
    for (int step = 1; step <= STEPS; step++) {
      switch (random.nextInt(20)) {
        case 0 -> family.restart();
        case 1, 2 -> clock.advance(Duration.ofSeconds(random.nextInt(45)));
        case 3 -> {
          if (random.nextInt(6) == 0) {
            clock.advance(Duration.ofHours(random.nextInt(30)));
          } else if (random.nextInt(6) == 0) {
            family.<Reply>runCommand(replyTo -> new Revoke("test", replyTo));
            model.revoked = true;
          }
        }
        default -> {
          var move = invent(random, model, sent, token(seed, step));
          sent.add(move);
          rotate(family, model, move, successors, "seed " + seed + " step " + step);
        }
      }
    }
  }

  /** What a client, a client that repeats, or a thief might ask. */
  private record Move(TokenDigest presented, TokenDigest next, boolean committed) {}

  private static Move invent(Random random, Model model, List<Move> sent, TokenDigest fresh) {
    if (!sent.isEmpty() && random.nextInt(100) < 40) {
      var last = sent.getLast();
      return switch (random.nextInt(12)) {
        case 0 -> new Move(last.presented(), fresh, true);
        case 1 -> new Move(last.presented(), last.next(), !last.committed());
        default -> last;
      };
    }
    boolean honest = random.nextInt(100) < 90;
    boolean careless = random.nextInt(100) < 3;
    return new Move(
        pick(random, model.everCurrent, honest ? 1 : 3),
        careless ? pick(random, model.everCurrent, STEPS) : fresh,
        random.nextInt(3) > 0);
  }

  private void rotate(
      EventSourcedBehaviorTestKit<Command, Event, TokenFamilyState> family,
      Model model,
      Move move,
      Map<TokenDigest, TokenDigest> successors,
      String where) {
    var result =
        family.<Reply>runCommand(replyTo ->
            new Rotate(
                agent,
                move.presented(),
                move.next(),
                move.committed(),
                clock.instant().plus(Duration.ofHours(24)),
                where,
                clock.instant().plusSeconds(300),
                null,
                clock.instant(),
                replyTo));

    seen.add(kind(result.reply()));
    assertThat(kind(result.reply()))
        .as(where)
        .isEqualTo(model.expect((Rotate) result.command(), clock.instant()));
    if (result.reply() instanceof Rotated rotated) {
      var success = model.rotations.getLast();
      assertThat(rotated.jti()).as(where).isEqualTo(success.jti());
      assertThat(rotated.accessExpiresAt()).as(where).isEqualTo(success.at().plusSeconds(300));
      assertThat(successors.merge(move.presented(), move.next(), (one, _) -> one))
          .as("%s: no second successor", where)
          .isEqualTo(move.next());
    }
  }

  @Test
  void ofConcurrentUsesOfOneTokenOneSucceeds() {
    var families = new LocalTokenFamilies(kit.system(), clock);
    var random = new Random(7);
    for (int trial = 0; trial < 200; trial++) {
      var key = FamilyKey.of(FamilyHandle.create(organization, agent));
      var first = token(10_000 + trial, 0);
      var expiry = clock.instant().plusSeconds(3600);
      families
          .ask(key, replyTo -> new Open(agent, first, expiry, expiry, null, replyTo))
          .toCompletableFuture()
          .join();
      var uses = new ArrayList<CompletableFuture<Reply>>();
      for (int use = 0; use < 2 + random.nextInt(7); use++) {
        var next = token(10_000 + trial, use + 1);
        uses.add(
            families
                .ask(
                    key,
                    replyTo ->
                        new Rotate(
                            agent, first, next, true, expiry, "jti", expiry, null, expiry, replyTo))
                .toCompletableFuture());
      }
      var answers = uses.stream().map(CompletableFuture::join).toList();

      assertThat(answers).filteredOn(Rotated.class::isInstance).hasSize(1);
      assertThat(answers).filteredOn(Replayed.class::isInstance).hasSize(1);
    }
  }

  private EventSourcedBehaviorTestKit<Command, Event, TokenFamilyState> start(FamilyKey key) {
    return EventSourcedBehaviorTestKit.create(
        kit.system(),
        TokenFamilyEntity.create(
            key,
            kit.system().ignoreRef(),
            TokenFamilyConfig.from(kit.system().settings().config()).entity(),
            clock),
        EventSourcedBehaviorTestKit.disabledSerializationSettings());
  }

  private static TokenDigest pick(Random random, List<TokenDigest> tokens, int newest) {
    int from = Math.max(0, tokens.size() - newest);
    return tokens.get(from + random.nextInt(tokens.size() - from));
  }

  private static TokenDigest token(int seed, int step) {
    return TokenDigest.of("token " + seed + " " + step);
  }

  private static String kind(Reply reply) {
    return switch (reply) {
      case Rotated rotated -> rotated.repeated() ? "repeated" : "rotated";
      case Replayed _ -> "replayed";
      case Refused refused -> refused.why().name();
      case TokenFamily.Opened _, TokenFamily.Revoked _, TokenFamily.Stands _ -> "unexpected";
    };
  }
}
