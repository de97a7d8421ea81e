package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.token.SecretKeyText;
import java.time.Duration;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Rates, repeats and what a body may be. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LimitsTest {
  private static final String MEMBERS = "/api/v1/iam/members";

  @AutoClose private final TestServer server = new TestServer();
  private Tenant tenant;

  @BeforeAll
  void start() {
    tenant = server.newTenant();
    tenant.newEnclave("main");
  }

  private static TestServer limitedTo(String limits) {
    return new TestServer("redoubt.control-plane.limits { " + limits + " }");
  }

  /** A client in an organization of its own. */
  private record Client(TestServer server, String id, String secret) {
    static Client of(TestServer server) {
      var made =
          server
              .newTenant()
              .owner()
              .post("/api/v1/iam/clients", "{\"name\": \"x\", \"roles\": [\"viewer\"]}");
      return new Client(server, made.text("/client/id"), made.text("/client_secret"));
    }

    /** One that was never handed out, in the form of its own. */
    String wrongSecret() {
      return SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, id).reveal();
    }

    /** The status of the answer. */
    int login(String with) {
      return server.token(id, with, null).status();
    }
  }

  /** Of so many calls, one after another. */
  private static Set<Integer> statuses(int calls, IntUnaryOperator call) {
    return IntStream.range(0, calls).map(call).boxed().collect(Collectors.toSet());
  }

  @Test
  void anOrganizationHasItsOwnLimit() {
    try (var limited = limitedTo("organization-per-second = 1, organization-burst = 5")) {
      var noisy = limited.newTenant();
      var quiet = limited.newTenant();

      var replies =
          IntStream.range(0, 20).mapToObj(_ -> noisy.owner().get("/api/v1/agents")).toList();

      var refused = replies.stream().filter(reply -> reply.status() == 429).findFirst();
      assertThat(refused).isPresent();
      assertThat(refused.get().problem()).isEqualTo("rate-limited");
      assertThat(Integer.parseInt(refused.get().header("retry-after"))).isPositive();
      assertThat(quiet.owner().get("/api/v1/agents").status()).isEqualTo(200);
    }
  }

  @Test
  void loginsAreLimitedForEachAddressAndClient() {
    try (var limited = limitedTo("login-client-per-second = 1, login-client-burst = 3")) {
      var client = Client.of(limited);

      var statuses = statuses(10, _ -> client.login(client.secret()));

      assertThat(statuses).containsExactlyInAnyOrder(200, 429);
    }
  }

  @Test
  void nobodyShutsAClientOutWithWrongSecrets() {
    try (var limited = limitedTo("login-client-per-second = 1, login-client-burst = 3")) {
      var client = Client.of(limited);
      var wrong = client.wrongSecret();

      var guesses = statuses(10, _ -> client.login(wrong));

      assertThat(guesses).contains(401, 429);
      assertThat(client.login(client.secret())).isEqualTo(200);
    }
  }

  @Test
  void nobodyShutsTheirNeighboursOutWithWrongSecrets() {
    try (var limited = limitedTo("login-source-per-second = 1, login-source-burst = 20")) {
      var client = Client.of(limited);
      var wrong = client.wrongSecret();
      assertThat(client.login(client.secret())).isEqualTo(200);

      var guesses = statuses(40, i -> client.login(i % 2 == 0 ? wrong : "rdc_wrong"));

      assertThat(guesses).containsExactlyInAnyOrder(401, 429);
      assertThat(client.login(client.secret())).as("it was right before").isEqualTo(200);
      var repeats = statuses(40, _ -> client.login(client.secret()));
      assertThat(repeats).as("which has a limit too").containsExactlyInAnyOrder(200, 429);
    }
  }

  @Test
  void wrongKeysOfEnclavesCostTheirSourceARest() {
    try (var limited = limitedTo("stranger-per-second = 1, stranger-burst = 5")) {
      var statuses =
          statuses(
              20,
              _ -> {
                var wrong =
                    SecretKeyText.mint(
                        SecretKeyText.Kind.ENCLAVE_API_KEY, EnclaveId.next(limited.clock));
                return limited.bearer(wrong.reveal()).get("/enclave/v1/commands").status();
              });

      assertThat(statuses).containsExactlyInAnyOrder(401, 429);
    }
  }

  @Test
  void aRepeatGetsTheFirstAnswerWithoutItsSecrets() {
    var idempotent = tenant.owner().with("idempotency-key", "create-1");
    String body = "{\"name\": \"once\"}";

    var first = idempotent.post("/api/v1/agents", body);
    var second = idempotent.post("/api/v1/agents", body);

    assertThat(first.status()).isEqualTo(201);
    assertThat(first.text("/bootstrap_token")).startsWith("rdb_");
    assertThat(second.status()).isEqualTo(201);
    assertThat(second.at("/bootstrap_token").isNull()).isTrue();
    assertThat(second.at("/agent")).isEqualTo(first.at("/agent"));
    assertThat(second.header("location")).isEqualTo(first.header("location"));
    assertThat(second.header("etag")).isEqualTo(first.header("etag"));
    assertThat(second.header("idempotency-replayed")).isEqualTo("true");
    assertThat(
            server.count(
                tenant.id(),
                "SELECT count(*) FROM control.idempotency_key"
                    + " WHERE CAST(answer AS text) ~ 'rd[bcer]_[A-Za-z0-9]'"))
        .isZero();
  }

  @Test
  void aKeyBelongsToOneRequest() {
    var idempotent = tenant.owner().with("idempotency-key", "create-2");
    idempotent.post(MEMBERS, "{\"name\": \"A\"}");

    var other = idempotent.post(MEMBERS, "{\"name\": \"B\"}");
    var elsewhere = idempotent.post("/api/v1/enclaves", "{\"name\": \"B\"}");

    assertThat(other.status()).isEqualTo(422);
    assertThat(other.problem()).isEqualTo("idempotency-key-reused");
    assertThat(elsewhere.status()).isEqualTo(422);
    assertThat(
            tenant
                .owner()
                .with("idempotency-key", "has space")
                .post(MEMBERS, "{\"name\": \"A\"}")
                .status())
        .isEqualTo(400);
  }

  @Test
  void repeatsAtTheSameTimeDoTheWorkOnce() {
    var idempotent = tenant.owner().with("idempotency-key", "create-3");

    var replies = Http.atOnce(8, () -> idempotent.post(MEMBERS, "{\"name\": \"Only one\"}"));

    assertThat(replies).extracting(Reply::status).containsOnly(201);
    assertThat(replies.stream().map(reply -> reply.text("/id")).distinct()).hasSize(1);
  }

  @Test
  void aFailedRequestMayBeTriedAgainUnderItsKey() {
    var idempotent = tenant.owner().with("idempotency-key", "create-4");

    assertThat(idempotent.post(MEMBERS, "{\"name\": \"\"}").status()).isEqualTo(422);
    assertThat(idempotent.post(MEMBERS, "{\"name\": \"Good\"}").status()).isEqualTo(201);
  }

  @Test
  void aKeyIsForgottenAfterADay() {
    try (var other = new TestServer()) {
      var first = other.newTenant("days");
      first.owner().with("idempotency-key", "k").post(MEMBERS, "{\"name\": \"A\"}");
      other.clock.forward(Duration.ofHours(25));
      var next = other.newTenant("days");

      var again = next.owner().with("idempotency-key", "k").post(MEMBERS, "{\"name\": \"B\"}");

      assertThat(again.status()).isEqualTo(201);
    }
  }

  @Test
  void bodiesAreHeldToWhatTheyMustBe() {
    var owner = tenant.owner();

    assertThat(owner.post(MEMBERS, "{\"name\"").problem()).isEqualTo("malformed-request");
    assertThat(owner.post(MEMBERS, "").status()).isEqualTo(400);
    assertThat(owner.post(MEMBERS).status()).isEqualTo(400);
    assertThat(owner.post(MEMBERS, "null").status()).isEqualTo(422);
    assertThat(owner.post(MEMBERS, "[]").status()).isEqualTo(422);
    assertThat(owner.post(MEMBERS, "{\"name\": 1}").text("/errors/0/pointer")).isEqualTo("/name");
    assertThat(owner.post(MEMBERS, "{\"name\": \"a\", \"name\": \"b\"}").status()).isEqualTo(400);
    assertThat(owner.post(MEMBERS, "{\"name\": \"a\", \"admin\": true}").text("/errors/0/pointer"))
        .isEqualTo("/admin");
    assertThat(owner.post(MEMBERS, "{\"name\": \"a\", \"roles\": [\"god\"]}").status())
        .isEqualTo(422);
    assertThat(owner.post(MEMBERS, "{\"name\": \"a\", \"roles\": [null]}").status()).isEqualTo(422);
    assertThat(owner.post(MEMBERS, "{\"name\": \"\\ud800\"}").status()).isEqualTo(422);
    assertThat(owner.post(MEMBERS, "{\"name\": \"" + "x".repeat(2 << 20) + "\"}").status())
        .isEqualTo(413);
    assertThat(owner.with("content-type", "text/plain").post(MEMBERS, "{}").status())
        .isEqualTo(415);
    assertThat(owner.post(MEMBERS, "[".repeat(1000) + "]".repeat(1000)).status()).isIn(400, 422);
  }

  @Test
  void sqlInAnyFieldIsJustText() {
    String attack = "Robert'); DROP TABLE control.member; --";

    var made = tenant.owner().post(MEMBERS, "{\"name\": \"" + attack + "\"}");

    assertThat(made.text("/name")).isEqualTo(attack);
    assertThat(tenant.owner().get(MEMBERS + "/" + made.text("/id")).text("/name"))
        .isEqualTo(attack);
    assertThat(tenant.owner().get("/api/v1/agents?name=%27%20OR%20%27%27%3D%27").at("/items"))
        .isEmpty();
    assertThat(tenant.owner().get("/api/v1/agents/%27%20OR%201%3D1--").status()).isEqualTo(404);
    assertThat(tenant.owner().get("/api/v1/agents?label=a:%27%22%7B").status()).isEqualTo(200);
    assertThat(tenant.owner().get("/api/v1/agents?cursor=%27").status()).isEqualTo(400);
    assertThat(tenant.owner().get("/api/v1/agents?name=%00").status()).isEqualTo(422);
  }

  @Test
  void whatIsNotThereIsAProblemDocumentToo() {
    var owner = tenant.owner();

    assertThat(owner.get("/nowhere").problem()).isEqualTo("not-found");
    var wrong = owner.delete("/api/v1/agents");
    assertThat(wrong.status()).isEqualTo(405);
    assertThat(wrong.header("allow")).contains("GET").contains("POST");
    assertThat(server.anybody().get("/api/v1/iam/token").status()).isEqualTo(405);
  }

  @Test
  void metricsAreForThePlatformsAdministrators() {
    assertThat(tenant.owner().get("/metrics").text()).contains("redoubt_http_requests");
    assertThat(tenant.clientWith("audit:read").get("/metrics").status()).isEqualTo(403);
  }
}
