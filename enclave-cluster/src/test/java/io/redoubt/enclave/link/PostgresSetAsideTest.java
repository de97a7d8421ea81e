package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.LinkCommand;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is set aside is there as it was said, for every organization, until it is over. */
class PostgresSetAsideTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final EnclaveId ENCLAVE = EnclaveId.next(CLOCK);
  private static final OrganizationId ACME = OrganizationId.next(CLOCK);
  private static final OrganizationId GLOBEX = OrganizationId.next(CLOCK);
  private static final AgentId AGENT = AgentId.next(CLOCK);
  private final Instant now = CLOCK.instant().truncatedTo(ChronoUnit.MICROS);

  private final TemporaryDatabase temporary = TemporaryDatabase.create();
  private final Database database =
      Database.open(temporary.config(DatabaseRole.ENCLAVE, 2), new SimpleMeterRegistry());
  private final SetAside kept = new PostgresSetAside(database);

  @AfterEach
  void stop() {
    database.close();
    temporary.close();
  }

  private SetAside.Order order(OrganizationId organization, long number, LinkCommand what) {
    return new SetAside.Order(new CommandEnvelope(ENCLAVE, number, organization, now, what), now);
  }

  private List<SetAside.Order> first(int atMost) {
    return done(kept.first(atMost)).stream().map(PostgresSetAsideTest::read).toList();
  }

  private static SetAside.Order read(SetAside.Row row) {
    return switch (KeptOrder.read(row.envelope(), ENCLAVE)) {
      case KeptOrder.Legible(var envelope) -> new SetAside.Order(envelope, row.since());
      case KeptOrder other -> throw new AssertionError(other);
    };
  }

  private static <T> T done(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  @Test
  void allOfItIsThereInItsOrderAndGoesOneByOne() {
    var isolation = IsolationId.next(CLOCK);
    var first =
        order(ACME, 7, new LinkCommand.Isolate(AGENT, isolation, "a \"fire\", fünf", "mem_1"));
    var second = order(GLOBEX, 8, new LinkCommand.Revoke(AGENT, "fire", "mem_1"));
    var third = order(ACME, 9, new LinkCommand.Release(AGENT, Set.of(isolation), "calm", "mem_1"));
    var fourth = order(ACME, 10, new LinkCommand.PutAgent(AGENT, EnclaveFixture.spec(List.of())));

    for (var each : List.of(third, first, fourth, second)) {
      done(kept.add(each));
    }

    assertThat(first(10)).containsExactly(first, second, third, fourth);
    assertThat(first(2)).containsExactly(first, second);
    done(kept.done(ACME, 7));
    assertThat(first(10)).containsExactly(second, third, fourth);
  }

  @Test
  void whatIsThereAlreadyStaysAsItIs() {
    var first = order(ACME, 7, new LinkCommand.Revoke(AGENT, "fire", "mem_1"));
    done(kept.add(first));

    done(kept.add(new SetAside.Order(first.envelope(), now.plusSeconds(60))));

    assertThat(first(10)).containsExactly(first);
  }

  /** Its commands were numbered alike. */
  @Test
  void whatAnotherEnclaveHasLeftIsNotTakenForTheSame() {
    var revoke = new LinkCommand.Revoke(AGENT, "fire", "mem_1");
    var left = new CommandEnvelope(EnclaveId.next(CLOCK), 7, ACME, now, revoke);
    done(kept.add(new SetAside.Order(left, now)));
    var own = order(ACME, 7, revoke);

    done(kept.add(own));

    assertThat(first(10)).containsExactly(own);
  }
}
