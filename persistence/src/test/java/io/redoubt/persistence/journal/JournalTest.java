package io.redoubt.persistence.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A real actor system on a real database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JournalTest {
  private TemporaryDatabase temporary;
  private Database database;
  private ActorTestKit kit;

  @BeforeAll
  void start() {
    temporary = TemporaryDatabase.create();
    database = Database.open(temporary.config(DatabaseRole.ENCLAVE, 2), new SimpleMeterRegistry());
    kit = ActorTestKit.create("journal", config());
  }

  @AfterAll
  void stop() {
    kit.shutdownTestKit();
    database.close();
    temporary.close();
  }

  @Test
  void anEntityComesBackWithWhatItPersisted() {
    var first = kit.spawn(Ledger.create("comes-back"));
    add(first, "a");
    add(first, "b");
    kit.stop(first);

    var second = kit.spawn(Ledger.create("comes-back"));

    assertThat(read(second)).containsExactly("a", "b");
  }

  @Test
  void anEntityComesBackFromItsSnapshot() {
    var first = kit.spawn(Ledger.create("snapshot"));
    for (int i = 0; i < 12; i++) {
      add(first, Integer.toString(i));
    }
    Awaitility.await()
        .until(() ->
            count("SELECT count(*) FROM enclave.snapshot WHERE persistence_id = 'snapshot'") > 0);
    kit.stop(first);

    assertThat(read(kit.spawn(Ledger.create("snapshot")))).hasSize(12);
  }

  @Test
  void aNewSystemOnTheSameDatabaseFindsEverything() {
    add(kit.spawn(Ledger.create("other-system")), "kept");

    var other = ActorTestKit.create("other", config());
    try {
      var ledger = other.spawn(Ledger.create("other-system"));
      var probe = other.<List<String>>createTestProbe();
      ledger.tell(new Ledger.Read(probe.getRef()));

      assertThat(probe.receiveMessage(Duration.ofSeconds(10))).containsExactly("kept");
    } finally {
      other.shutdownTestKit();
    }
  }

  @Test
  void aTakenSequenceNumberFailsItsOwnEntityAndNotTheOthersOfTheBatch() {
    var stale = kit.spawn(Ledger.create("stale"));
    assertThat(read(stale)).isEmpty();
    writeAsATwin("stale");
    var neighbours = new ArrayList<ActorRef<Ledger.Command>>();
    for (int i = 0; i < 40; i++) {
      neighbours.add(kit.spawn(Ledger.create("neighbour-" + i)));
    }
    var watcher = kit.<Ledger.Done>createTestProbe();

    var answers = new ArrayList<CompletableFuture<Ledger.Done>>();
    for (int i = 0; i < neighbours.size(); i++) {
      answers.add(ask(neighbours.get(i), "x"));
      if (i == neighbours.size() / 2) {
        stale.tell(new Ledger.Add("lost", watcher.getRef()));
      }
    }

    assertThat(answers)
        .allSatisfy(answer -> assertThat(answer.get(10, TimeUnit.SECONDS)).isNotNull());
    watcher.expectTerminated(stale, Duration.ofSeconds(10));
    watcher.expectNoMessage(Duration.ofMillis(1));
    assertThat(count("SELECT count(*) FROM enclave.event_journal WHERE persistence_id = 'stale'"))
        .isEqualTo(1);
  }

  @Test
  void eventsOfManyEntitiesShareTransactions() {
    var ledgers = new ArrayList<ActorRef<Ledger.Command>>();
    for (int i = 0; i < 200; i++) {
      ledgers.add(kit.spawn(Ledger.create("shared-" + i)));
    }
    ledgers.forEach(ledger -> assertThat(read(ledger)).isEmpty());

    var answers = ledgers.stream().map(ledger -> ask(ledger, "x")).toList();

    assertThat(answers)
        .allSatisfy(answer -> assertThat(answer.get(10, TimeUnit.SECONDS)).isNotNull());
    assertThat(
            count(
                "SELECT count(DISTINCT txid) FROM enclave.event_journal"
                    + " WHERE persistence_id LIKE 'shared-%'"))
        .isLessThan(100);
  }

  /** As a node that was thought dead would, with a newer event of the same entity. */
  private void writeAsATwin(String persistenceId) {
    database.inTransactionBlocking(handle ->
        handle
            .createUpdate(
                "INSERT INTO enclave.event_journal (persistence_id, sequence_number, writer,"
                    + " write_timestamp, adapter_manifest, event_ser_id, event_ser_manifest,"
                    + " event_payload) VALUES (:id, 1, 'twin', 0, '', 20, '', '\\x00')")
            .bind("id", persistenceId)
            .execute());
  }

  private void add(ActorRef<Ledger.Command> ledger, String text) {
    TestProbe<Ledger.Done> probe = kit.createTestProbe();
    ledger.tell(new Ledger.Add(text, probe.getRef()));
    probe.receiveMessage(Duration.ofSeconds(10));
  }

  private CompletableFuture<Ledger.Done> ask(ActorRef<Ledger.Command> ledger, String text) {
    return AskPattern.<Ledger.Command, Ledger.Done>ask(
            ledger,
            replyTo -> new Ledger.Add(text, replyTo),
            Duration.ofSeconds(10),
            kit.system().scheduler())
        .toCompletableFuture();
  }

  private List<String> read(ActorRef<Ledger.Command> ledger) {
    TestProbe<List<String>> probe = kit.createTestProbe();
    ledger.tell(new Ledger.Read(probe.getRef()));
    return probe.receiveMessage(Duration.ofSeconds(10));
  }

  private long count(String sql) {
    return database.inTransactionBlocking(
        handle -> handle.createQuery(sql).mapTo(Long.class).one());
  }

  private Config config() {
    return ConfigFactory.parseMap(
            Map.of(
                "redoubt.enclave.database.url", temporary.url(),
                "redoubt.enclave.database.user", DatabaseRole.ENCLAVE.user(),
                "redoubt.enclave.database.password",
                    temporary.password(DatabaseRole.ENCLAVE).reveal(),
                "pekko.actor.allow-java-serialization", "on",
                "pekko.actor.warn-about-java-serializer-usage", "off"))
        .withFallback(ConfigFactory.parseResources("redoubt-journal.conf"))
        .withFallback(ConfigFactory.defaultReferenceUnresolved())
        .resolve();
  }
}
