package io.redoubt.cli.run;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.problem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.cli.FakeServer;
import io.redoubt.cli.api.HttpClients;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.run.AgentIdentity.Outcome;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RenewalTest {
  private static final String BOOTSTRAP = "/v1/agent/bootstrap";
  private static final String REFRESH = "/v1/agent/refresh";
  private static final Duration LIFE = Duration.ofMinutes(5);
  private static final FakeServer.Answer REPLAYED =
      problem(409, "The refresh token was used before", "its family has ended");
  private static final String WHY = "The refresh token was used before: its family has ended";

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
  private final InstantSource clock = now::get;
  private final FakeServer enclave = new FakeServer().on("POST " + BOOTSTRAP, granted("first"));
  private final List<String> published = new CopyOnWriteArrayList<>();
  private final List<String> remarks = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    enclave.close();
  }

  @Test
  void aTokenIsReplacedBeforeItExpiresThoughNobodyAsks() {
    enclave.on("POST " + REFRESH, granted("second"));
    try (var renewal = renewal(Optional::empty)) {
      assertThat(renewal.accessToken()).isEqualTo("first");

      later(LIFE.multipliedBy(3).dividedBy(5));

      await().untilAsserted(() -> assertThat(published).containsExactly("second"));
      assertThat(renewal.accessToken()).isEqualTo("second");
    }
    assertThat(remarks).isEmpty();
    assertThat(asked(REFRESH)).hasSize(1);
  }

  /** A laptop that slept. */
  @Test
  void whoeverNeedsATokenThatHasExpiredGetsItsSuccessor() {
    enclave.on("POST " + REFRESH, granted("second"));
    try (var renewal = renewal(Optional::empty)) {
      later(LIFE.multipliedBy(100));

      assertThat(renewal.accessToken()).isEqualTo("second");
      await().untilAsserted(() -> assertThat(published).containsExactly("second"));
    }
  }

  @Test
  void aRenewalThatFailsIsTriedAgainAndSaidOnce() {
    enclave.on("POST " + REFRESH, problem(503, "Not available right now", "the database"));
    try (var renewal = renewal(Optional::empty)) {
      for (int attempt = 1; attempt <= 3; attempt++) {
        later(LIFE);
        assertThat(renewal.accessToken()).isEqualTo("first");
        assertThat(asked(REFRESH)).hasSize(attempt);
      }
      assertThat(remarks)
          .containsExactly(
              "the identity is not renewed yet, trying again:"
                  + " Not available right now: the database");

      enclave.on("POST " + REFRESH, granted("second"));
      later(LIFE);

      assertThat(renewal.accessToken()).isEqualTo("second");
      await().untilAsserted(() -> assertThat(remarks).contains("the identity is fresh again."));
    }
    assertThat(published).containsExactly("second");
    assertThat(asked(REFRESH)).extracting(FakeServer.Request::body).containsOnly(body());
  }

  @Test
  void betweenTwoAttemptsThereIsAPause() {
    enclave.on("POST " + REFRESH, problem(503, "Not available right now", "x"));
    try (var renewal = renewal(Optional::empty)) {
      later(LIFE);

      for (int call = 0; call < 10; call++) {
        assertThat(renewal.accessToken()).isEqualTo("first");
      }

      assertThat(asked(REFRESH)).hasSize(1);
    }
  }

  @Test
  void aFamilyThatHasEndedIsSaidAndAskedForNoMore() {
    enclave.on("POST " + REFRESH, REPLAYED);
    try (var renewal = renewal(Optional::empty)) {
      for (int call = 0; call < 3; call++) {
        later(LIFE);
        assertThat(renewal.accessToken()).isEqualTo("first");
      }
    }
    assertThat(remarks)
        .containsExactly("the identity is lost: " + WHY + ". The program's next calls will fail.");
    assertThat(asked(REFRESH)).hasSize(1);
    assertThat(published).isEmpty();
  }

  @Test
  void anotherFamilyTakesThePlaceOfOneThatHasEnded() {
    enclave.on("POST " + REFRESH, REPLAYED);
    try (var renewal = renewal(this::another)) {
      later(LIFE);
      assertThat(renewal.accessToken()).isEqualTo("of another family");
      await().untilAsserted(() -> assertThat(published).containsExactly("of another family"));

      enclave.on("POST " + REFRESH, granted("its successor"));
      later(LIFE);
      assertThat(renewal.accessToken()).isEqualTo("its successor");
    }
    assertThat(remarks)
        .containsExactly("the identity was lost (" + WHY + "); a new one took its place.");
  }

  @Test
  void whileNoOtherFamilyIsToBeHadItIsTriedAgain() {
    var away = new AtomicBoolean(true);
    enclave.on("POST " + REFRESH, REPLAYED);
    Supplier<Optional<AgentIdentity>> another =
        () -> {
          if (away.get()) {
            throw new CommandFailure(ExitCode.UNREACHABLE, "the control plane is away");
          }
          return another();
        };
    try (var renewal = renewal(another)) {
      later(LIFE);
      assertThat(renewal.accessToken()).isEqualTo("first");
      assertThat(remarks)
          .containsExactly(
              "the identity is lost ("
                  + WHY
                  + "), and no new one is to be had: the control plane is away");

      away.set(false);
      later(LIFE);
      assertThat(renewal.accessToken()).isEqualTo("of another family");
    }
  }

  private Renewal renewal(Supplier<Optional<AgentIdentity>> another) {
    return new Renewal(bootstrapped(), another, published::add, remarks::add, clock);
  }

  private AgentIdentity bootstrapped() {
    var token =
        AgentToken.mint(
            AgentToken.Kind.BOOTSTRAP,
            FamilyHandle.create(OrganizationId.next(clock), AgentId.next(clock)));
    var endpoint = new AgentEndpoint(enclave.url(), HttpClients.to(enclave.url(), null));
    var identity = new AgentIdentity(endpoint, token, clock);
    assertThat(identity.exchange()).isEqualTo(Outcome.RENEWED);
    return identity;
  }

  private Optional<AgentIdentity> another() {
    enclave.on("POST " + BOOTSTRAP, granted("of another family"));
    return Optional.of(bootstrapped());
  }

  private void later(Duration by) {
    now.updateAndGet(at -> at.plus(by));
  }

  private List<FakeServer.Request> asked(String path) {
    return enclave.requests().stream().filter(it -> it.target().equals(path)).toList();
  }

  /** What was sent first: a token that is not spent is presented again as it was. */
  private String body() {
    return asked(REFRESH).getFirst().body();
  }

  private static FakeServer.Answer granted(String accessToken) {
    return json(
        200,
        "{\"agent_id\":\"agt_1\",\"access_token\":\"%s\",\"expires_in\":%d}"
            .formatted(accessToken, LIFE.toSeconds()));
  }
}
