package io.redoubt.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.redoubt.family.TokenFamily.Open;
import io.redoubt.family.TokenFamily.Opened;
import io.redoubt.family.TokenFamily.Replayed;
import io.redoubt.family.TokenFamily.Reply;
import io.redoubt.family.TokenFamily.Rotate;
import io.redoubt.family.TokenFamily.Rotated;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.testing.ManualClock;
import java.time.Instant;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What is not durable is not answered, and the family comes back by itself. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JournalFailureTest {
  private static final TokenDigest A = TokenDigest.of("a");
  private static final TokenDigest B = TokenDigest.of("b");
  private static final TokenDigest C = TokenDigest.of("c");

  private final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseString(
                  """
                  redoubt.token-family.entity {
                    ask-timeout = 1s
                    restart-backoff-min = 10ms
                    restart-backoff-max = 50ms
                  }
                  """)
              .withFallback(PersistenceTestKitPlugin.config())
              .withFallback(ConfigFactory.load()));
  private final PersistenceTestKit journal = PersistenceTestKit.create(kit.system());
  private final ManualClock clock = new ManualClock();
  private final Instant later = clock.instant().plusSeconds(300);
  private final AgentId agent = AgentId.next(clock);
  private final FamilyKey key =
      FamilyKey.of(FamilyHandle.create(OrganizationId.next(clock), agent));
  private final TokenFamilies families = new LocalTokenFamilies(kit.system(), clock);

  @AfterAll
  void shutDown() {
    kit.shutdownTestKit();
  }

  @Test
  void aRotationThatIsNotDurableIsNotAnsweredAndSpendsNothing() {
    assertThat(open()).isEqualTo(new Opened());
    journal.failNextPersisted("TokenFamily|" + key);

    assertThatThrownBy(() -> rotate(A, B)).hasCauseInstanceOf(TimeoutException.class);

    assertThat(rotate(A, C)).isEqualTo(new Rotated(1, "jti", later, null, false));
    assertThat(rotate(A, B)).isEqualTo(new Replayed(later));
  }

  private Reply open() {
    return families
        .ask(key, replyTo -> new Open(agent, A, later, later, null, replyTo))
        .toCompletableFuture()
        .join();
  }

  private Reply rotate(TokenDigest presented, TokenDigest next) {
    return families
        .ask(
            key,
            replyTo ->
                new Rotate(agent, presented, next, true, later, "jti", later, null, later, replyTo))
        .toCompletableFuture()
        .join();
  }
}
