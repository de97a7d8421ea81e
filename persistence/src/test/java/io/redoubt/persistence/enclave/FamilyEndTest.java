package io.redoubt.persistence.enclave;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.family.FamilyKey;
import io.redoubt.family.LocalTokenFamilies;
import io.redoubt.family.TokenFamily;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.revocation.Revocation;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * G2 where the node dies between the end of a family and telling of it: here nobody tells, and the
 * table that every node reads has it all the same.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FamilyEndTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final OrganizationId ORGANIZATION = OrganizationId.next(CLOCK);
  private static final AgentId AGENT = AgentId.next(CLOCK);
  private static final Duration ACCESS_LIFE = Duration.ofMinutes(5);

  private TemporaryDatabase temporary;
  private Database database;
  private ActorTestKit kit;
  private LocalTokenFamilies families;

  @BeforeAll
  void start() {
    temporary = TemporaryDatabase.create();
    database = Database.open(temporary.config(DatabaseRole.ENCLAVE, 2), new SimpleMeterRegistry());
    kit = ActorTestKit.create("families", config());
    families = new LocalTokenFamilies(kit.system(), CLOCK);
  }

  @AfterAll
  void stop() {
    kit.shutdownTestKit();
    database.close();
    temporary.close();
  }

  @Test
  void aReplayRevokesTheFamilyInTheTransactionThatEndsIt() throws Exception {
    FamilyKey family = opened("replayed");
    assertThat(rotate(family, "replayed-0", "replayed-1")).isInstanceOf(TokenFamily.Rotated.class);
    assertThat(ends(family)).as("a rotation revokes nothing").isEmpty();

    assertThat(rotate(family, "replayed-0", "other")).isInstanceOf(TokenFamily.Replayed.class);

    assertThat(ends(family))
        .singleElement()
        .satisfies(it ->
            assertThat(it.forgetAt())
                .as("longer than its last access token is good")
                .isAfter(CLOCK.instant().plus(ACCESS_LIFE)));
  }

  @Test
  void anEndedFamilyIsRevokedToo() throws Exception {
    FamilyKey family = opened("ended");

    assertThat(ask(family, replyTo -> new TokenFamily.Revoke("leak", replyTo)))
        .isInstanceOf(TokenFamily.Revoked.class);

    assertThat(ends(family)).hasSize(1);
  }

  @Test
  void aRevocationThatStandsLongerIsKept() throws Exception {
    FamilyKey family = opened("longer");
    Instant late = CLOCK.instant().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.SECONDS);
    await(store().add(new Revocation.OfFamily(ORGANIZATION, family.family(), late)));

    ask(family, replyTo -> new TokenFamily.Revoke("leak", replyTo));

    assertThat(ends(family)).extracting(Revocation::forgetAt).containsExactly(late);
  }

  private FamilyKey opened(String name) throws Exception {
    var family = new FamilyKey(ORGANIZATION, FamilyHandle.create(ORGANIZATION, AGENT).familyId());
    Instant now = CLOCK.instant();
    assertThat(
            ask(
                family,
                replyTo ->
                    new TokenFamily.Open(
                        AGENT,
                        TokenDigest.of(name + "-0"),
                        now.plus(Duration.ofDays(1)),
                        now.plus(ACCESS_LIFE),
                        null,
                        replyTo)))
        .isInstanceOf(TokenFamily.Opened.class);
    return family;
  }

  private TokenFamily.Reply rotate(FamilyKey family, String presented, String next)
      throws Exception {
    Instant now = CLOCK.instant();
    return ask(
        family,
        replyTo ->
            new TokenFamily.Rotate(
                AGENT,
                TokenDigest.of(presented),
                TokenDigest.of(next),
                false,
                now.plus(Duration.ofDays(1)),
                "jti-" + next,
                now.plus(ACCESS_LIFE),
                null,
                now.plus(Duration.ofMinutes(1)),
                replyTo));
  }

  private TokenFamily.Reply ask(
      FamilyKey family, Function<ActorRef<TokenFamily.Reply>, TokenFamily.Command> message)
      throws Exception {
    return await(families.ask(family, message));
  }

  private List<Revocation> ends(FamilyKey family) throws Exception {
    return await(store().standing(CLOCK.instant())).stream()
        .filter(it -> it instanceof Revocation.OfFamily of && of.family().equals(family.family()))
        .toList();
  }

  private PostgresRevocationStore store() {
    return new PostgresRevocationStore(database);
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private Config config() {
    return ConfigFactory.parseMap(
            Map.of(
                "redoubt.enclave.database.url", temporary.url(),
                "redoubt.enclave.database.user", DatabaseRole.ENCLAVE.user(),
                "redoubt.enclave.database.password",
                    temporary.password(DatabaseRole.ENCLAVE).reveal()))
        .withFallback(ConfigFactory.parseResources("redoubt-journal.conf"))
        .withFallback(ConfigFactory.defaultReferenceUnresolved())
        .resolve();
  }
}
