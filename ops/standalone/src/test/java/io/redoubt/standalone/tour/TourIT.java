package io.redoubt.standalone.tour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.settings.RuntimeFile;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.token.AgentToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/**
 * A new user's tour: the packaged product in an empty directory, from {@code up} to finding
 * everything again after a crash. The chapters build on each other.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TourIT {
  private static final String SIMULATED = "Simulated by Redoubt's demo provider";

  /** Stands in a prompt: payloads are kept, but sealed. */
  private static final String MARKER = "xylophone-quartz-7261";

  @TempDir static Path directory;

  private final SecretHunt hunt = new SecretHunt();

  /** They come over the network while the first chapters run. */
  private final FutureTask<Path> sdks = new FutureTask<>(Sdks::install);

  private Product product;
  private AgentClient agent;
  private String agentId = "";

  @BeforeAll
  void comeUp() throws IOException {
    Thread.ofVirtual().start(sdks);
    product = new Product(directory);
    long began = System.nanoTime();
    var said = product.up();
    System.out.printf("up took %d ms%n", (System.nanoTime() - began) / 1_000_000);
    assertThat(said.code()).as(said.toString()).isZero();
    assertThat(said.out()).contains("control plane", "SIMULATED", "What to type next");
    var operator = product.runtime().operator();
    assertThat(said.out())
        .containsOnlyOnce("First operator")
        .contains(operator.clientId())
        .containsOnlyOnce(operator.clientSecret());
    assertThat(said.err()).doesNotContain(operator.clientSecret());
    hunt.handled(operator.clientSecret());
    agent = new AgentClient(product.runtime(), hunt);
  }

  @AfterAll
  void goDown() {
    product.type("down");
  }

  @Test
  @Order(1)
  void whatRunsIsWrittenDownForItsOwnerAlone() throws IOException {
    RuntimeFile runtime = product.runtime();

    assertThat(Files.getPosixFilePermissions(product.data().resolve("runtime.json")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(runtime.controlPlaneUrl().getPort()).isEqualTo(8443 + product.portOffset());
    assertThat(runtime.enclaves())
        .singleElement()
        .satisfies(node -> {
          assertThat(node.agentUrl().getPort()).isEqualTo(8444 + product.portOffset());
          assertThat(node.actingUrl().getPort()).isEqualTo(8445 + product.portOffset());
        });
    assertThat(ProcessHandle.of(runtime.controlPlanePid())).isPresent();
    assertThat(Files.readString(product.data().resolve("runtime.json")))
        .as("nothing listens there yet")
        .contains("\"egress_url\" : null");
  }

  @Test
  @Order(2)
  void aSecondUpInTheSameDirectorySaysSoAndStops() {
    var said = product.up();

    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err()).contains("already running").contains("redoubt down");
  }

  @Test
  @Order(3)
  void anOperatorLogsInAndTheDoctorIsContent() throws IOException {
    assertThat(product.type("login").code()).isZero();
    assertThat(huntForOperatorTokens()).isPositive();

    var doctor = product.type("doctor");

    assertThat(doctor.code()).as(doctor.out()).isZero();
    assertThat(doctor.out()).contains("login", "accepted").doesNotContain("failed");
  }

  @Test
  @Order(4)
  void anAgentIsCreatedAndBootstrapsOverHttpExactlyOnce() {
    var created = product.type("agent", "create", "tourist", "-o", "json");
    assertThat(created.code()).as(created.toString()).isZero();
    agentId = created.json().at("/agent/id").asText();
    String bootstrapToken = created.json().path("bootstrap_token").asText();

    assertThat(agent.discover().json().at("/access_token/alg").asText()).isEqualTo("ES256");
    var granted = agent.bootstrap(bootstrapToken);
    var again = agent.bootstrap(bootstrapToken);

    assertThat(granted.status()).as(granted.body()).isEqualTo(200);
    assertThat(granted.json().path("agent_id").asText()).isEqualTo(agentId);
    assertThat(granted.json().path("expires_in").asInt()).isEqualTo(300);
    assertThat(again.status()).isEqualTo(409);
    assertThat(again.json().path("type").asText())
        .isEqualTo("urn:redoubt:error:bootstrap-token-used");
    assertThat(product.type("agent", "show", "tourist").out()).contains(agentId);
  }

  @Test
  @Order(5)
  void itRotatesInBothModes() {
    assertThat(agent.rotate().status()).isEqualTo(200);

    String presented = agent.refreshToken();
    AgentToken next =
        AgentToken.mint(
            AgentToken.Kind.REFRESH,
            AgentToken.parse(AgentToken.Kind.REFRESH, presented).orElseThrow().handle());
    hunt.handled(next.reveal());
    var committed = agent.refresh(presented, next.digest().toString());
    var repeated = agent.refresh(presented, next.digest().toString());

    assertThat(committed.status()).as(committed.body()).isEqualTo(200);
    assertThat(committed.json().hasNonNull("refresh_token")).isFalse();
    assertThat(repeated.status()).as("a lost answer is asked for again").isEqualTo(200);
    assertThat(agent.refresh(next.reveal()).status()).isEqualTo(200);
    assertThat(agent.self().status()).isEqualTo(200);
  }

  @Test
  @Order(6)
  void itCallsBothProviderStylesPlainAndStreaming() throws IOException {
    var plain = agent.anthropic(MARKER, false);
    assertThat(plain.status()).as(plain.body()).isEqualTo(200);
    assertThat(plain.body()).contains(SIMULATED, MARKER);
    assertThat(plain.header("x-redoubt-decision")).isEqualTo("permit");
    assertThat(plain.header("x-redoubt-action")).startsWith("act_");

    var stream = agent.anthropic("hello", true);
    assertThat(stream.header("content-type")).startsWith("text/event-stream");
    assertThat(stream.body())
        .containsSubsequence(
            "event: message_start",
            "event: ping",
            "event: content_block_delta",
            "event: message_stop");

    assertThat(agent.countTokens().json().path("input_tokens").asInt()).isPositive();
    assertThat(agent.chat("hello", false).body()).contains(SIMULATED);
    assertThat(agent.chat("hello", true).body()).contains("data: [DONE]");
    var response = agent.openAi("/v1/responses", "{\"model\":\"gpt-demo\",\"input\":\"hello\"}");
    assertThat(response.body()).contains(SIMULATED);
    var embedding =
        agent.openAi("/v1/embeddings", "{\"model\":\"text-embedding-demo\",\"input\":\"hello\"}");
    assertThat(embedding.status()).as(embedding.body()).isEqualTo(200);
    assertThat(agent.models().json().path("data")).isNotEmpty();
    assertInTheAuditWithinTwoSeconds();
  }

  /** From the answer on: the act and its outcome, at the control plane. */
  private void assertInTheAuditWithinTwoSeconds() throws IOException {
    var operator = new OperatorClient(product.runtime(), hunt);
    assertThat(operator.get("/api/v1/audit?limit=1").path("items")).as("before").isNotEmpty();
    String act = agent.chat("hello", false).header("x-redoubt-action");
    long answered = System.nanoTime();

    await("what the act came to, at the control plane")
        .atMost(Duration.ofSeconds(2))
        .untilAsserted(() ->
            assertThat(
                    operator
                        .get("/api/v1/audit?action_id=" + act)
                        .at("/items/0/outcome/status")
                        .asText())
                .isEqualTo("succeeded"));

    System.out.printf(
        "the audit showed the act after %d ms%n", (System.nanoTime() - answered) / 1_000_000);
  }

  @Test
  @Order(7)
  void aSpentTokenKillsItsFamilyWithinASecond() {
    String spent = agent.refreshToken();
    assertThat(agent.rotate().status()).isEqualTo(200);
    String live = agent.refreshToken();

    var replay = agent.refresh(spent);

    assertThat(replay.status()).isEqualTo(409);
    assertThat(replay.json().path("type").asText())
        .isEqualTo("urn:redoubt:error:refresh-token-replayed");
    await()
        .atMost(Duration.ofSeconds(1))
        .untilAsserted(() -> assertThat(agent.chat("hello", false).status()).isEqualTo(401));
    assertThat(agent.refresh(live).status()).isEqualTo(401);
  }

  @Test
  @Order(8)
  void everyStepIsInTheAudit() {
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> {
          JsonNode records =
              product
                  .type("audit", "search", "--agent", "tourist", "--limit", "0", "-o", "json")
                  .json()
                  .path("items");
          assertThat(records.findValuesAsText("operation"))
              .contains(
                  "agent:create",
                  "token:bootstrap",
                  "token:refresh",
                  "token:replay",
                  "llm:generate");
          assertThat(records)
              .anySatisfy(record -> {
                assertThat(record.at("/operation").asText()).isEqualTo("llm:generate");
                assertThat(record.at("/verdict").asText()).isEqualTo("permit");
                assertThat(record.at("/outcome/status").asText()).isEqualTo("succeeded");
                assertThat(record.at("/outcome/usage/output_tokens").asInt()).isPositive();
              })
              .anySatisfy(record -> assertThat(record.at("/verdict").asText()).isEqualTo("deny"));
        });
    assertThat(product.type("usage").out()).contains("claude-demo-small");
  }

  @Test
  @Order(9)
  void isolationCutsAnOpenStreamAndReleaseRestores() throws Exception {
    renewByOperator();
    for (double lost = agent.leasesLost(); isolatedInTheMiddle() == 0; ) {
      double now = agent.leasesLost();
      assertThat(now).as("the node has cut the stream before").isGreaterThan(lost);
      lost = now;
      assertThat(product.type("agent", "release", "tourist").code()).isZero();
    }
    assertThat(agent.anthropic("hello", false).status()).isEqualTo(403);
    assertThat(agent.rotate().status()).as("and the token is not spent").isEqualTo(403);

    var released = product.type("agent", "release", "tourist");

    assertThat(released.code()).as(released.toString()).isZero();
    assertThat(agent.rotate().status()).isEqualTo(200);
    assertThat(agent.anthropic("hello", false).status()).isEqualTo(200);
  }

  /** Isolates the agent while it reads a stream; answers how many streams that has cut. */
  private int isolatedInTheMiddle() throws IOException {
    var open = agent.openAnthropic("please stream slowly");
    assertThat(open.statusCode()).isEqualTo(200);
    try (var lines =
        new BufferedReader(new InputStreamReader(open.body(), StandardCharsets.UTF_8))) {
      readToText(lines);

      var isolated = product.type("agent", "isolate", "tourist", "--reason", "tour", "-o", "json");

      assertThat(isolated.code()).as(isolated.toString()).isZero();
      assertThat(isolated.json().at("/nodes/0/how").asText()).isEqualTo("cut");
      assertThat(drained(open.body())).as("the stream ended early").isTrue();
      return isolated.json().at("/nodes/0/streams_cut").asInt();
    }
  }

  private static void readToText(BufferedReader lines) {
    try {
      String line = "";
      while (line != null && !line.contains("content_block_delta")) {
        line = lines.readLine();
      }
    } catch (IOException _) {
      // Cut before: then there is none to be cut.
    }
  }

  /** Whether the rest of a stream that would go on for a minute is over at once. */
  private static boolean drained(InputStream body) {
    long began = System.nanoTime();
    try {
      body.readAllBytes();
    } catch (IOException _) {
      // Cut, which is what was asked for.
    }
    return Duration.ofNanos(System.nanoTime() - began).compareTo(Duration.ofSeconds(5)) < 0;
  }

  @Test
  @Order(10)
  void anyProgramRunsAsAnAgent() {
    var said =
        product.type(
            "run",
            "--agent",
            "runner",
            "--create",
            "--",
            "sh",
            "-c",
            "curl -sS -f $OPENAI_BASE_URL/chat/completions -H \"authorization: Bearer"
                + " $OPENAI_API_KEY\" -H 'content-type: application/json' -d"
                + " '{\"model\":\"gpt-demo\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}'"
                + " && cat $REDOUBT_TOKEN_FILE >&2; exit 5");

    assertThat(said.code()).as(said.toString()).isEqualTo(5);
    assertThat(said.out()).contains(SIMULATED);
    assertThat(said.err()).contains("runtime.json");
    hunt.handled(said.err().substring(said.err().lastIndexOf('\n') + 1).strip());
  }

  @Test
  @Order(11)
  void aSignalReachesTheProgramAndItsExitCodeComesBack() throws Exception {
    Path out = directory.resolve("signal.out");
    Process run =
        product.start(
            Map.of(),
            out,
            directory.resolve("signal.err"),
            "run",
            "--agent",
            "runner",
            "--",
            "sh",
            "-c",
            "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done");
    await().until(() -> Files.exists(out) && Files.readString(out).contains("ready"));

    run.destroy();

    assertThat(run.waitFor()).isEqualTo(9);
  }

  private Path installed() throws Exception {
    try {
      return sdks.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof TestAbortedException why ? why : e;
    }
  }

  @Test
  @Order(12)
  void theVendorsOwnSdksAreSatisfied() throws Exception {
    Path sdk = installed();
    var created =
        product.type("agent", "create", "sdk-user", "--block-model", "forbidden-*", "-o", "json");
    assertThat(created.code()).as(created.toString()).isZero();
    hunt.handled(created.json().path("bootstrap_token").asText());

    var said =
        product.type(
            "run", "--agent", "sdk-user", "--", "node", sdk.resolve("tour.mjs").toString());

    assertThat(said.code()).as(said.toString()).isZero();
    assertThat(said.out()).contains("both SDKs are satisfied");
  }

  /** The other tour lets the database die as well. */
  @Test
  @Order(13)
  void everythingIsStillThereAfterACrash() throws IOException {
    renewByOperator();
    product.killServers();
    assertThat(product.type("agent", "list").code()).isEqualTo(5);

    var said = product.up();

    assertThat(said.code()).as("after the servers died and the database did not").isZero();
    String renewed = hunt.handled(product.runtime().operator().clientSecret());
    assertThat(said.out())
        .as("there was a first start before")
        .contains("What to type next")
        .doesNotContain("First operator", renewed);
    assertThat(product.type("agent", "list").out()).contains("tourist", "runner");
    var rotated = agent.rotate();
    assertThat(rotated.status()).as(rotated.body()).isEqualTo(200);
    assertThat(agent.anthropic("hello", false).status()).isEqualTo(200);
    assertThat(product.type("audit", "search", "--agent", "tourist", "--limit", "0").out())
        .contains("llm:generate")
        .contains("claude-demo-small");
  }

  @Test
  @Order(14)
  void noneOfTheSecretsIsAnywhere() throws Exception {
    assertThat(huntForOperatorTokens()).isPositive();
    assertThat(hunt.size()).isGreaterThan(10);
    hunt.handled(MARKER);
    // What does stand there is found, or finding nothing would say nothing.
    var known = new SecretHunt();
    known.handled(agentId);
    known.handled("Control plane listens at");
    var url = product.runtime().databaseUrl();
    var secrets = product.data().resolve("postgres/secrets.json");
    var found = new ArrayList<String>();
    var there = new ArrayList<String>();

    found.addAll(hunt.inTables(url, secrets));
    there.addAll(known.inTables(url, secrets));
    String exported = product.type("audit", "export").out();
    hunt.search("audit", exported, found);
    known.search("audit", exported, there);
    var down = product.type("down");
    assertThat(down.code()).as(down.toString()).isZero();
    for (String place : List.of("logs", "postgres/data")) {
      found.addAll(hunt.inFiles(product.data().resolve(place)));
      there.addAll(known.inFiles(product.data().resolve(place)));
    }

    assertThat(found).isEmpty();
    assertThat(there)
        .anyMatch(it -> it.contains("in hexadecimal in table enclave."))
        .anyMatch(it -> it.contains("in table control."))
        .anyMatch(it -> it.endsWith("in audit"))
        .anyMatch(it -> it.contains("/logs/"))
        .anyMatch(it -> it.contains("/postgres/data/base/"));
  }

  /** Those that the command line keeps for its next invocations. */
  private int huntForOperatorTokens() throws IOException {
    int handled = 0;
    try (var files = Files.walk(product.directory())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (file.getFileName().toString().matches("token-[0-9a-f]{32}\\.json")) {
          hunt.handled(
              Json.LENIENT.readTree(Files.readAllBytes(file)).path("access_token").asText());
          handled++;
        }
      }
    }
    return handled;
  }

  @Test
  @Order(15)
  void downLeavesNothingBehindAlsoWhenPartsHaveDied() throws IOException {
    assertThat(product.data().resolve("runtime.json")).doesNotExist();
    assertThat(product.type("down").out()).contains("Nothing was running");

    assertThat(product.up().code()).isZero();
    long postmaster = Objects.requireNonNull(product.runtime().postgresPid());
    product.killServers();
    var down = product.type("down");

    assertThat(down.code()).as(down.toString()).isZero();
    // An ended process may stay visible until its new parent has taken note.
    await().until(() -> ProcessHandle.of(postmaster).map(p -> !p.isAlive()).orElse(true));
    assertThat(product.type("agent", "list").code()).isNotZero();
  }

  private void renewByOperator() throws IOException {
    var operator = new OperatorClient(product.runtime(), hunt);
    agent = new AgentClient(product.runtime(), hunt);
    var granted = agent.bootstrap(operator.bootstrapToken(agentId));
    assertThat(granted.status()).as(granted.body()).isEqualTo(200);
  }
}
