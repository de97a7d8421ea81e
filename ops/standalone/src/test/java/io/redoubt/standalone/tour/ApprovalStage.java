package io.redoubt.standalone.tour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.controlplane.testing.SlackStandIn;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;

/**
 * The packaged product with an agent whose model wants to call risky tools, people who are asked
 * about it, and Slack, or rather its stand-in. A transfer is for somebody to approve; a wipe is
 * too, and nobody is awake.
 */
final class ApprovalStage implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(15);

  /** Who decides in Slack. */
  static final String APPROVER = "U0APPROVER";

  /** The stand-in is on this machine; and who died while it spoke there is succeeded soon. */
  private static final Map<String, String> NEAR =
      Map.of(
          "REDOUBT_JAVA_OPTS",
          Product.SHORT_LIVED
              + " -Dredoubt.control-plane.channels.private-hosts.0=127.0.0.1"
              + " -Dredoubt.control-plane.channels.request-timeout=1s"
              + " -Dredoubt.control-plane.channels.lease=9s"
              + " -Dredoubt.control-plane.channels.back-off-max=1s");

  final Product product;
  final RiskyModel model = RiskyModel.start();
  final TicketSystem tickets = TicketSystem.start();
  final SlackStandIn slack = new SlackStandIn(Clock.systemUTC());

  private final SecretHunt hunt = new SecretHunt();
  private final Path directory;
  private final AgentClient agent;
  private OperatorClient operator;

  ApprovalStage(Path directory) throws IOException {
    this.directory = directory;
    this.product = new Product(directory);
    this.operator = start();
    done(
        Map.of("REDOUBT_PROVIDER_KEY", "sk-risky-not-a-key"),
        "provider",
        "set",
        "risky",
        "--kind",
        "anthropic",
        "--base-url",
        model.baseUrl().toString(),
        "--model",
        RiskyModel.NAME);
    done(
        Map.of("REDOUBT_CONNECTOR_SECRET", hunt.handled(TicketSystem.SECRET)),
        "connector",
        "set",
        "tickets",
        "--file",
        file("tickets.json", tickets.described()));
    connectSlack();
    policies();
    var created = done("agent", "create", "trader", "-o", "json");
    agent = new AgentClient(product.runtime(), hunt);
    var granted = agent.bootstrap(created.json().path("bootstrap_token").asText());
    assertThat(granted.status()).as(granted.body()).isEqualTo(200);
  }

  void up() throws IOException {
    operator = start();
  }

  private OperatorClient start() throws IOException {
    var up = product.up(NEAR, "--nodes", "1");
    assertThat(up.code()).as(up.toString()).isZero();
    return new OperatorClient(product.runtime(), hunt);
  }

  /** The agent comes back with the token that it held. */
  void agentReturns() {
    var granted = agent.rotate();
    assertThat(granted.status()).as(granted.body()).isEqualTo(200);
  }

  private void connectSlack() throws IOException {
    done(
        Map.of(
            "REDOUBT_SLACK_TOKEN",
            SlackStandIn.TOKEN,
            "REDOUBT_SLACK_SIGNING_SECRET",
            SlackStandIn.SIGNING_SECRET),
        "channel",
        "slack",
        "--channel",
        SlackStandIn.CHANNEL,
        "--team",
        SlackStandIn.TEAM,
        "--app",
        SlackStandIn.APP,
        "--base-url",
        slack.url());
    String ada = operator.newMember("Ada Approver", "approver");
    done("channel", "map", APPROVER, ada);
  }

  private void policies() throws IOException {
    done(
        "policy",
        "workflow",
        "set",
        "asleep",
        file(
            "asleep.json",
            """
            {"tiers": [
              {"kind": "human", "approvers": ["owner"], "timeout_seconds": 3, "on_timeout": "next"},
              {"kind": "human", "timeout_seconds": 3, "on_timeout": "deny"}]}
            """));
    done(
        "policy",
        "set",
        "ask",
        file(
            "ask.cedar",
            """
            @escalate("default")
            forbid (principal, action == Action::"tool:call", resource == Tool::"transfer")
            unless { context has approval };
            @escalate("asleep")
            forbid (principal, action == Action::"tool:call", resource == Tool::"wipe")
            unless { context has approval };
            """));
    done("policy", "publish");
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text).toString();
  }

  @Override
  public void close() {
    product.type("down");
    model.close();
    tickets.close();
    slack.close();
  }

  Product.Said done(String... words) {
    return done(Map.of(), words);
  }

  private Product.Said done(Map<String, String> environment, String... words) {
    var said = product.type(environment, words);
    assertThat(said.code()).as("%s: %s", String.join(" ", words), said).isZero();
    return said;
  }

  /** A reply that is being read. */
  record Reply(CompletableFuture<String> text) {
    String whole() {
      return text.orTimeout(30, TimeUnit.SECONDS).join();
    }

    /** Without what only kept it alive. */
    String withoutPings() {
      return whole().replaceAll("event: ping\\ndata: [^\\n]*\\n\\n", "");
    }
  }

  /**
   * Opens a reply in which the model wants to call the tool, and reads it in the background. Where
   * a machine that stood still took the node's lease, and the node has cut the reply, the agent
   * comes again, and joins what it asked for.
   */
  Reply opened(String tool, String about, int wait) {
    double lostBefore = agent.leasesLost();
    var first = open(tool, about, wait);
    return new Reply(
        CompletableFuture.supplyAsync(() -> {
          var response = first;
          for (double lost = lostBefore; ; ) {
            try (var body = response.body()) {
              return new String(body.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
              double now = agent.leasesLost();
              if (now == lost) {
                throw new UncheckedIOException(e);
              }
              lost = now;
              response = open(tool, about, wait);
            }
          }
        }));
  }

  private HttpResponse<InputStream> open(String tool, String about, int wait) {
    var response = agent.openWithTool(RiskyModel.NAME, tool, about, wait);
    assertThat(response.statusCode()).isEqualTo(200);
    return response;
  }

  /** What waits for a decision about that. */
  String pending(String about) {
    return pending(about, () -> operator.get("/api/v1/approvals?status=pending&limit=200"));
  }

  /** The same as the command line shows it, which asks the enclave. */
  String pendingAtEnclave(String about) {
    return pending(about, () -> done("approvals", "list", "--at-enclave", "-o", "json").json());
  }

  private static String pending(String about, Supplier<JsonNode> list) {
    return await("a request about " + about)
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(200))
        .until(
            () ->
                StreamSupport.stream(list.get().path("items").spliterator(), false)
                    .filter(it -> isAbout(it.path("arguments"), about))
                    .map(it -> it.path("id").asText())
                    .findFirst()
                    .orElse(""),
            id -> !id.isEmpty());
  }

  /** Of a tool call, or of an operation of a connector. */
  private static boolean isAbout(JsonNode arguments, String about) {
    return arguments.path("about").asText().equals(about)
        || arguments.at("/parameters/about").asText().equals(about);
  }

  /** Asks for a ticket, or for how many there are. */
  Wire.Answer executed(String operation, String about) {
    return agent.execute(operation, about, 0);
  }

  /** Asks for a ticket, and waits for whoever is to approve it. */
  CompletableFuture<Wire.Answer> filing(String about) {
    return CompletableFuture.supplyAsync(() -> agent.execute("file", about, 25))
        .orTimeout(30, TimeUnit.SECONDS);
  }

  /** Where a secret is that was handed to the product, and should be nowhere. */
  List<String> secretsFound() throws SQLException, IOException {
    var found =
        hunt.inTables(
            product.runtime().databaseUrl(), product.data().resolve("postgres/secrets.json"));
    found.addAll(hunt.inFiles(product.data().resolve("logs")));
    return found;
  }

  JsonNode shown(String approval) {
    return operator.get("/api/v1/approvals/" + approval);
  }

  /** Follows what is said of requests from now on. */
  ApprovalWatch watch(String name, String... options) throws IOException {
    return new ApprovalWatch(product, directory, name, options);
  }

  /** What was done about a request, and who did it, as soon as all of that is on record. */
  void awaitRecorded(String approval, String... steps) {
    await("the record of " + approval)
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(() -> {
          var items = operator.get("/api/v1/audit?limit=200").path("items");
          assertThat(
                  StreamSupport.stream(items.spliterator(), false)
                      .filter(it -> it.path("approval_id").asText().equals(approval))
                      .map(it -> it.path("operation").asText()))
              .contains(steps);
        });
  }

  // In Slack --------------------------------------------------------------------------------------

  /** The one message that there is about a request, once it says that. */
  SlackStandIn.Message inSlack(String approval, String title) {
    return await(title + " in Slack")
        .atMost(SOON)
        .until(
            () -> slack.of(approval),
            it -> it.size() == 1 && it.getFirst().body().path("text").asText().startsWith(title))
        .getFirst();
  }

  /** Presses a button, as Slack tells the enclave. */
  HttpResponse<String> press(SlackStandIn.Message message, String action) throws IOException {
    return slack.press(message, action, APPROVER).to(atEnclave());
  }

  /** Where Slack calls, by the contract. */
  String atEnclave() throws IOException {
    return bare(product.runtime().enclaves().getFirst().agentUrl().toString());
  }

  /** Where it may call, too. */
  String atControlPlane() throws IOException {
    return bare(product.runtime().controlPlaneUrl().toString());
  }

  private static String bare(String url) {
    return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }
}
