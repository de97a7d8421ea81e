package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.link.SealedBoxes;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connectors and the way of their secrets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConnectorTest {
  private static final String CONNECTORS = "/api/v1/connectors";
  private static final String TICKETS = CONNECTORS + "/tickets";
  private static final String ENCLAVES = "/api/v1/enclaves";
  private static final String SECRET = "tickets-secret-1";

  @AutoClose private final TestServer server = new TestServer();
  private final Tenant tenant = server.newTenant();

  /** Otherwise its agents would hear for ever that there is no such connector. */
  @Test
  void anEnclaveOfAnOlderReleaseIsToldAgainWhenItComesBackAsANewerOne() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      tenant.owner().put(TICKETS, Tenant.CONNECTOR);
      long number = enclave.await(LinkCommand.PutConnector.class).number();
      enclave.report(
          EnclaveClient.json(new LinkReport.Rejected(number, LinkReport.Rejected.UNKNOWN)));
      enclave.disconnect();

      server.clock.forward(Duration.ofSeconds(6));
      enclave.connect();
      await().until(() -> enclave.commands.getLast().number() > number);
      enclave.disconnect();
      server.clock.forward(Duration.ofSeconds(6));
      enclave.connect();

      assertThat(toldOf(tenant)).as("once more, and not passed over again").isEqualTo(2);
    }
  }

  private long toldOf(Tenant tenant) {
    return server.count(
        tenant.id(), "SELECT count(*) FROM control.enclave_command WHERE kind = 'connector.put'");
  }

  @Test
  void aConnectorThatAnEnclaveCouldNotOpenIsNotToldAgainAndAgain() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      tenant.owner().put(TICKETS, Tenant.CONNECTOR);
      long number = enclave.await(LinkCommand.PutConnector.class).number();
      enclave.report(EnclaveClient.json(new LinkReport.Rejected(number, "does not open")));
      enclave.disconnect();
      server.clock.forward(Duration.ofSeconds(6));

      enclave.connect();

      assertThat(toldOf(tenant)).isEqualTo(1);
    }
  }

  @Test
  void aConnectorsSecretLeavesOnlySealedToTheEnclave() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      var put = tenant.owner().put(TICKETS, Tenant.CONNECTOR);
      var command = enclave.command(LinkCommand.PutConnector.class);

      byte[] secret =
          SealedBoxes.open(
              enclave.enrolmentKey,
              (enclave.id + "/" + tenant.id() + "/connector/tickets")
                  .getBytes(StandardCharsets.UTF_8),
              Objects.requireNonNull(command.sealedSecret()));

      assertThat(new String(secret, StandardCharsets.UTF_8)).isEqualTo(SECRET);
      assertThat(command.connector().baseUrl()).hasToString("https://tickets.example.com/api");
      assertThat(command.connector().credential())
          .isEqualTo(new ConnectorSpec.Credential("authorization", "Bearer"));
      assertThat(command.connector().operation("issue.create"))
          .contains(
              new ConnectorSpec.Operation(
                  "issue.create",
                  ConnectorSpec.Method.POST,
                  "/issues",
                  ConnectorSpec.Access.WRITE));
      assertThat(put.status()).isEqualTo(201);
      assertThat(put.header("location")).isEqualTo(TICKETS);
      assertThat(put.header("etag")).isEqualTo("\"1\"");
      assertSecretIsNowhere(tenant, put);
      assertThat(tenant.lastAudit("connector:put").path("resource").asText()).isEqualTo("tickets");

      assertThat(tenant.owner().delete(TICKETS).status()).isEqualTo(204);
      var gone = enclave.command(LinkCommand.DeleteConnector.class);
      assertThat(gone).isEqualTo(new LinkCommand.DeleteConnector("tickets", 2));
      assertThat(tenant.owner().get(TICKETS).status()).isEqualTo(404);
      assertThat(tenant.owner().delete(TICKETS).status()).isEqualTo(404);
      assertThat(tenant.owner().get(CONNECTORS).at("/items")).isEmpty();
      assertThat(tenant.lastAudit("connector:delete").path("resource").asText())
          .isEqualTo("tickets");
      assertThat(
              server.count(
                  tenant.id(),
                  "SELECT count(*) FROM control.connector"
                      + " WHERE deleted_at IS NOT NULL AND sealed_secret IS NULL"))
          .isEqualTo(1);
    }
  }

  private void assertSecretIsNowhere(Tenant tenant, Reply put) {
    assertThat(put.text()).doesNotContain(SECRET);
    assertThat(tenant.owner().get(TICKETS).text()).doesNotContain(SECRET);
    assertThat(tenant.owner().get(CONNECTORS).text()).contains("tickets").doesNotContain(SECRET);
    assertThat(tenant.owner().get("/api/v1/audit").text()).doesNotContain(SECRET);
    for (String table : new String[] {"enclave_command", "connector", "audit_record"}) {
      assertThat(
              server.count(
                  tenant.id(),
                  "SELECT count(*) FROM control." + table + " t WHERE t::text LIKE '%tickets%'"))
          .as(table)
          .isPositive();
      assertThat(
              server.count(
                  tenant.id(),
                  "SELECT count(*) FROM control."
                      + table
                      + " t WHERE t::text LIKE '%"
                      + SECRET
                      + "%'"))
          .as(table)
          .isZero();
    }
    assertThat(
            server.count(
                tenant.id(),
                "SELECT count(*) FROM control.connector"
                    + " WHERE position('"
                    + SECRET
                    + "'::bytea IN sealed_secret) = 0"))
        .isEqualTo(1);
  }

  @Test
  void whoStartsFromTheBeginningIsToldOfWhatIsThereNow() {
    var tenant = server.newTenant();
    tenant.owner().put(CONNECTORS + "/gone", Tenant.CONNECTOR);
    String id;
    try (var enclave = tenant.newEnclave("main").connect()) {
      id = enclave.id;
      enclave.await(LinkCommand.PutConnector.class);
      tenant.owner().put(TICKETS, Tenant.CONNECTOR);
      tenant.owner().put(TICKETS, with(body -> body.put("timeout_seconds", 7)));
      tenant.owner().delete(CONNECTORS + "/gone");
      enclave.await(LinkCommand.DeleteConnector.class);
    }
    String key = tenant.owner().post(ENCLAVES + "/" + id + "/rotate-key").text("/api_key");
    try (var again = new EnclaveClient(server.url(), id, key).connect()) {
      // Three of the organization and four of connectors: what was put and is gone is told as gone.
      await().until(() -> again.commands.size() == 7);

      assertThat(again.commands.stream().map(it -> it.command()))
          .filteredOn(LinkCommand.PutConnector.class::isInstance)
          .hasSize(2)
          .allSatisfy(command -> {
            var put = (LinkCommand.PutConnector) command;
            assertThat(put.connector().name()).isEqualTo("tickets");
            assertThat(put.connector().version()).isEqualTo(2);
            assertThat(put.connector().timeoutSeconds()).isEqualTo(7);
          });
      assertThat(again.command(LinkCommand.DeleteConnector.class))
          .isEqualTo(new LinkCommand.DeleteConnector("gone", 2));
    }
    // A new enclave hears of those alone that there are.
    try (var second = tenant.newEnclave("second").connect()) {
      assertThat(second.command(LinkCommand.PutConnector.class).connector().name())
          .isEqualTo("tickets");
      assertThat(second.commands)
          .filteredOn(it -> it.command() instanceof LinkCommand.PutConnector)
          .hasSize(1);
    }
  }

  @Test
  void anApiMayWantNoSecret() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      assertThat(tenant.owner().put(TICKETS, Tenant.CONNECTOR).status()).isEqualTo(201);

      var open = tenant.owner().put(TICKETS, with(body -> body.remove("credential")));

      assertThat(open.status()).isEqualTo(200);
      assertThat(open.at("/credential").isNull()).isTrue();
      await()
          .until(() -> enclave.command(LinkCommand.PutConnector.class).connector().version() == 2);
      var told = enclave.command(LinkCommand.PutConnector.class);
      assertThat(told.connector().credential()).isNull();
      assertThat(told.sealedSecret()).isNull();
      assertThat(
              server.count(
                  tenant.id(),
                  "SELECT count(*) FROM control.connector WHERE sealed_secret IS NOT NULL"))
          .isZero();
    }
  }

  @Test
  void whatIsLeftOutIsAsUsual() {
    var put = tenant.owner().put(CONNECTORS + "/usual", Tenant.CONNECTOR);

    assertThat(put.text("/credential/header")).isEqualTo("authorization");
    assertThat(put.at("/operations").findValuesAsText("access"))
        .containsExactly("read", "write", "read");
    assertThat(put.at("/timeout_seconds").asInt()).isEqualTo(30);
    assertThat(put.at("/connect_timeout_seconds").isNull()).isTrue();
    assertThat(put.at("/tls").isNull()).isTrue();
  }

  @Test
  void aSecretMayStandAlone() {
    var put =
        tenant
            .owner()
            .put(
                CONNECTORS + "/alone",
                with(body -> credential(body).put("header", "X-Api-Key").remove("scheme")));

    assertThat(put.status()).as(put.text()).isEqualTo(201);
    assertThat(put.at("/credential").toString()).isEqualTo("{\"header\":\"x-api-key\"}");
  }

  private static ObjectNode credential(ObjectNode body) {
    return (ObjectNode) body.get("credential");
  }

  @Test
  void aConnectorOfAPrivateAuthorityIsReachedByIt() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      var put =
          tenant
              .owner()
              .put(
                  TICKETS,
                  with(body -> {
                    body.put("connect_timeout_seconds", 3);
                    body.putObject("tls").put("ca_pem", ProviderTest.AUTHORITY);
                  }));

      var told = enclave.command(LinkCommand.PutConnector.class).connector();

      assertThat(put.text("/tls/ca_pem")).isEqualTo(ProviderTest.AUTHORITY);
      assertThat(told.tls()).isEqualTo(new ProviderSpec.Tls(ProviderTest.AUTHORITY));
      assertThat(told.connectTimeoutSeconds()).isEqualTo(3);
    }
  }

  @Test
  void theExampleOfTheDescriptionIsOne() {
    String example =
        ApiDescription.DOCUMENT.at("/components/schemas/PutConnector/examples/0").toString();

    var put = tenant.owner().put(CONNECTORS + "/example", example);

    assertThat(put.status()).as(put.text()).isEqualTo(201);
  }

  @Test
  void aCallerHearsOfEverythingThatIsWrong() {
    var wrong =
        tenant
            .owner()
            .put(
                CONNECTORS + "/x",
                """
                {"base_url": "http://example.com", "timeout_seconds": 0,
                 "credential": {"header": "Host"},
                 "operations": [{"path": "issues"}, {"name": "a", "method": "GET", "path": "/a?b"}]}
                """);

    assertThat(wrong.status()).isEqualTo(422);
    assertThat(wrong.at("/errors").findValuesAsText("pointer"))
        .containsExactlyInAnyOrder(
            "/base_url",
            "/timeout_seconds",
            "/credential/header",
            "/credential/secret",
            "/operations/0/name",
            "/operations/0/method",
            "/operations/0/path",
            "/operations/1/path");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /base_url                | null                             | /base_url
          /base_url                | "ftp://example.com"              | /base_url
          /base_url                | "http://example.com"             | /base_url
          /base_url                | "https://user:pw@example.com"    | /base_url
          /base_url                | "https://example.com/?a=b"       | /base_url
          /base_url                | "https://example.com/#a"         | /base_url
          /base_url                | "https://169.254.169.254/latest" | /base_url
          /base_url                | "https://[fe80::1]"              | /base_url
          /credential/header       | null                             | /credential/header
          /credential/header       | ""                               | /credential/header
          /credential/header       | "x y"                            | /credential/header
          /credential/header       | "x:"                             | /credential/header
          /credential/header       | ":authority"                     | /credential/header
          /credential/header       | "x\\r\\ny"                       | /credential/header
          /credential/header       | "é"                              | /credential/header
          /credential/scheme       | ""                               | /credential/scheme
          /credential/scheme       | "Bearer x"                       | /credential/scheme
          /credential/scheme       | "a\\r\\nb"                       | /credential/scheme
          /credential/secret       | null                             | /credential/secret
          /credential/secret       | ""                               | /credential/secret
          /credential/secret       | "a b"                            | /credential/secret
          /credential/secret       | "a\\r\\nx: y"                    | /credential/secret
          /credential/secret       | "é"                              | /credential/secret
          /credential/secret       | 1                                | /credential/secret
          /operations              | null                             | /operations
          /operations              | []                               | /operations
          /operations              | {}                               | /operations
          /operations/1            | null                             | /operations/1
          /operations/1            | "issue.show"                     | /operations/1
          /operations/1/name       | null                             | /operations/1/name
          /operations/1/name       | ""                               | /operations/1/name
          /operations/1/name       | "-a"                             | /operations/1/name
          /operations/1/name       | "a b"                            | /operations/1/name
          /operations/1/name       | "a/b"                            | /operations/1/name
          /operations/1/name       | "é"                              | /operations/1/name
          /operations/1/name       | "issue.show"                     | /operations/1/name
          /operations/1/method     | null                             | /operations/1/method
          /operations/1/method     | "get"                            | /operations/1/method
          /operations/1/method     | "HEAD"                           | /operations/1/method
          /operations/1/method     | "CONNECT"                        | /operations/1/method
          /operations/1/method     | 0                                | /operations/1/method
          /operations/1/access     | "admin"                          | /operations/1/access
          /operations/1/access     | "READ"                           | /operations/1/access
          /operations/1/path       | null                             | /operations/1/path
          /operations/1/path       | ""                               | /operations/1/path
          /operations/1/path       | "issues"                         | /operations/1/path
          /operations/1/path       | "https://example.com/"           | /operations/1/path
          /operations/1/path       | "/a?b=c"                         | /operations/1/path
          /operations/1/path       | "/a#b"                           | /operations/1/path
          /operations/1/path       | "/a b"                           | /operations/1/path
          /operations/1/path       | "/é"                             | /operations/1/path
          /operations/1/path       | "/%zz"                           | /operations/1/path
          /operations/1/path       | "/a\\\\b"                        | /operations/1/path
          /operations/1/path       | "//a"                            | /operations/1/path
          /operations/1/path       | "/a//b"                          | /operations/1/path
          /operations/1/path       | "/a//"                           | /operations/1/path
          /operations/1/path       | "/./a"                           | /operations/1/path
          /operations/1/path       | "/a/../b"                        | /operations/1/path
          /operations/1/path       | "/a/%2e%2E/b"                    | /operations/1/path
          /operations/1/path       | "/{}"                            | /operations/1/path
          /operations/1/path       | "/{a"                            | /operations/1/path
          /operations/1/path       | "/{1a}"                          | /operations/1/path
          /operations/1/path       | "/{a-b}"                         | /operations/1/path
          /operations/1/path       | "/{a}/{a}"                       | /operations/1/path
          /timeout_seconds         | 0                                | /timeout_seconds
          /timeout_seconds         | 301                              | /timeout_seconds
          /connect_timeout_seconds | 0                                | /connect_timeout_seconds
          /connect_timeout_seconds | 61                               | /connect_timeout_seconds
          /tls                     | {}                               | /tls/ca_pem
          /tls                     | {"ca_pem": "nonsense"}           | /tls/ca_pem
          /secret                  | "s"                              | /secret
          """)
  void whatIsWrongIsRefusedWhereItStands(String where, String value, String pointer)
      throws JsonProcessingException {
    JsonNode wrong = Json.LENIENT.readTree(value);

    var reply = tenant.owner().put(CONNECTORS + "/x", with(body -> set(body, where, wrong)));

    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.at("/errors").findValuesAsText("pointer")).containsExactly(pointer);
    assertThat(tenant.owner().get(CONNECTORS + "/x").status()).isEqualTo(404);
  }

  private static void set(ObjectNode body, String where, JsonNode value) {
    var pointer = JsonPointer.compile(where);
    switch (body.at(pointer.head())) {
      case ObjectNode parent -> parent.set(pointer.last().getMatchingProperty(), value);
      case ArrayNode parent -> parent.set(pointer.last().getMatchingIndex(), value);
      default -> throw new IllegalArgumentException(where);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host",
        "content-length",
        "Content-Type",
        "Transfer-Encoding",
        "CONNECTION",
        "upgrade",
        "TE",
        "Trailer",
        "Expect",
        "Accept-Encoding",
        "Keep-Alive",
        "Proxy-Connection",
        "TraceParent",
        "tracestate"
      })
  void aSecretIsNotPutIntoALineThatIsTheEnclaves(String header) {
    var reply =
        tenant.owner().put(CONNECTORS + "/x", with(body -> credential(body).put("header", header)));

    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.at("/errors").findValuesAsText("pointer"))
        .containsExactly("/credential/header");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPPER",
        "-a",
        ".a",
        "a%20b",
        "a012345678901234567890123456789012345678901234567890123456789012"
      })
  void aNameIsShortAndInLowerCase(String name) {
    var reply = tenant.owner().put(CONNECTORS + "/" + name, Tenant.CONNECTOR);

    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.at("/errors").findValuesAsText("pointer")).containsExactly("name");
    assertThat(tenant.owner().get(CONNECTORS + "/" + name).status()).isEqualTo(404);
    assertThat(tenant.owner().delete(CONNECTORS + "/" + name).status()).isEqualTo(404);
  }

  @Test
  void everythingHasALargestSize() {
    String path = CONNECTORS + "/large";

    assertThat(tenant.owner().put(path, with(body -> operations(body, 200))).status())
        .isEqualTo(201);
    assertThat(
            tenant.owner().put(path, with(body -> operations(body, 201))).at("/errors/0/pointer"))
        .hasToString("\"/operations\"");
    assertThat(largest(127, 500, 64, 4096).status()).isEqualTo(200);
    assertThat(largest(128, 500, 64, 4096).text("/errors/0/pointer"))
        .isEqualTo("/operations/0/name");
    assertThat(largest(127, 501, 64, 4096).text("/errors/0/pointer"))
        .isEqualTo("/operations/0/path");
    assertThat(largest(127, 500, 65, 4096).at("/errors").findValuesAsText("pointer"))
        .containsExactly("/credential/header", "/credential/scheme");
    assertThat(largest(127, 500, 64, 4097).text("/errors/0/pointer"))
        .isEqualTo("/credential/secret");
  }

  private Reply largest(int name, int path, int token, int secret) {
    return tenant
        .owner()
        .put(
            CONNECTORS + "/large",
            with(body -> {
              set(body, "/operations/0/name", Json.LENIENT.valueToTree("n".repeat(name)));
              set(body, "/operations/0/path", Json.LENIENT.valueToTree("/" + "p".repeat(path - 1)));
              credential(body)
                  .put("header", "h".repeat(token))
                  .put("scheme", "s".repeat(token))
                  .put("secret", "x".repeat(secret));
            }));
  }

  private static void operations(ObjectNode body, int count) {
    var operations = body.putArray("operations");
    for (int i = 0; i < count; i++) {
      operations.addObject().put("name", "o" + i).put("method", "GET").put("path", "/o");
    }
  }

  @Test
  void anOrganizationHasAtMostAHundred() {
    var owner = server.newTenant().owner();
    for (int i = 0; i < 100; i++) {
      assertThat(owner.put(CONNECTORS + "/c" + i, Tenant.CONNECTOR).status()).isEqualTo(201);
    }

    var one = owner.put(TICKETS, Tenant.CONNECTOR);

    assertThat(one.status()).isEqualTo(409);
    assertThat(one.text("/detail")).contains("at most 100 connectors");
    assertThat(owner.put(CONNECTORS + "/c7", Tenant.CONNECTOR).status()).isEqualTo(200);
    assertThat(owner.delete(CONNECTORS + "/c7").status()).isEqualTo(204);
    assertThat(owner.put(TICKETS, Tenant.CONNECTOR).status()).isEqualTo(201);
    assertThat(owner.get(CONNECTORS + "?limit=200").at("/items")).hasSize(100);
  }

  @Test
  void connectorsAreListedByTheirNames() {
    var owner = server.newTenant().owner();
    for (String name : new String[] {"b", "c", "a"}) {
      owner.put(CONNECTORS + "/" + name, Tenant.CONNECTOR);
    }

    var first = owner.get(CONNECTORS + "?limit=2");
    var rest = owner.get(CONNECTORS + "?limit=2&cursor=" + first.text("/next_cursor"));

    assertThat(names(first)).isEqualTo("[a, b]");
    assertThat(names(rest)).isEqualTo("[c]");
    assertThat(rest.at("/next_cursor").isNull()).isTrue();
  }

  private static String names(Reply list) {
    var names = new ArrayList<String>();
    list.at("/items").forEach(item -> names.add(item.path("name").asText()));
    return names.toString();
  }

  @Test
  void anotherOrganizationNeitherSeesNorOverwritesIt() {
    var ours = server.newTenant();
    var others = server.newTenant();
    try (var enclave = ours.newEnclave("main").connect()) {
      ours.owner().put(TICKETS, Tenant.CONNECTOR);
      enclave.await(LinkCommand.PutConnector.class);

      assertThat(others.owner().get(TICKETS).status()).isEqualTo(404);
      assertThat(others.owner().delete(TICKETS).status()).isEqualTo(404);
      assertThat(others.owner().get(CONNECTORS).at("/items")).isEmpty();
      var theirs =
          others
              .owner()
              .put(TICKETS, with(body -> body.put("base_url", "https://elsewhere.example")));

      assertThat(theirs.status()).isEqualTo(201);
      var still = ours.owner().get(TICKETS);
      assertThat(still.text("/base_url")).isEqualTo("https://tickets.example.com/api");
      assertThat(still.text("/version")).isEqualTo("1");
      assertThat(others.owner().delete(TICKETS).status()).isEqualTo(204);
      assertThat(ours.owner().get(TICKETS).status()).isEqualTo(200);
      // What came after would be there before this.
      ours.owner().put(CONNECTORS + "/next", Tenant.CONNECTOR);
      await()
          .until(() ->
              enclave.command(LinkCommand.PutConnector.class).connector().name().equals("next"));
      assertThat(enclave.commands)
          .noneMatch(it -> it.command() instanceof LinkCommand.DeleteConnector)
          .allSatisfy(it -> assertThat(it.organizationId()).isEqualTo(ours.id()));
    }
  }

  @Test
  void whoViewsReadsAndChangesNothing() {
    var tenant = server.newTenant();
    tenant.owner().put(TICKETS, Tenant.CONNECTOR);
    var viewer = client(tenant, "viewer");

    assertThat(viewer.get(CONNECTORS).at("/items")).hasSize(1);
    assertThat(viewer.get(TICKETS).status()).isEqualTo(200);
    for (var refused :
        new Reply[] {viewer.put(TICKETS, Tenant.CONNECTOR), viewer.delete(TICKETS)}) {
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.problem()).isEqualTo("permission-missing");
      var record = tenant.lastAudit("operator:refused");
      assertThat(record.path("resource").asText()).endsWith(CONNECTORS + "/{name}");
      assertThat(record.path("detail").asText()).contains("connectors:manage");
    }
    assertThat(client(tenant, "auditor").get(TICKETS).status()).isEqualTo(200);
    assertThat(client(tenant, "approver").get(TICKETS).status()).isEqualTo(403);
    assertThat(client(tenant, "admin").put(TICKETS, Tenant.CONNECTOR).status()).isEqualTo(200);
    assertThat(tenant.clientWith("providers:manage").put(TICKETS, Tenant.CONNECTOR).status())
        .isEqualTo(403);
    assertThat(server.anybody().get(CONNECTORS).status()).isEqualTo(401);
    assertThat(server.anybody().get(TICKETS).status()).isEqualTo(401);
    assertThat(server.anybody().put(TICKETS, Tenant.CONNECTOR).status()).isEqualTo(401);
    assertThat(server.anybody().delete(TICKETS).status()).isEqualTo(401);
  }

  private Http client(Tenant tenant, String role) {
    var made =
        tenant
            .owner()
            .post("/api/v1/iam/clients", "{\"name\": \"c\", \"roles\": [\"" + role + "\"]}");
    return server.login(made.text("/client/id"), made.text("/client_secret"), null);
  }

  @Test
  void onlyTheVersionThatWasSeenIsChanged() {
    var owner = server.newTenant().owner();
    assertThat(owner.with("if-match", "\"1\"").put(TICKETS, Tenant.CONNECTOR).status())
        .isEqualTo(412);
    assertThat(owner.get(TICKETS).status()).isEqualTo(404);
    String first = owner.put(TICKETS, Tenant.CONNECTOR).header("etag");
    String second = owner.with("if-match", first).put(TICKETS, Tenant.CONNECTOR).header("etag");

    assertThat(second).isNotEqualTo(first).isEqualTo(owner.get(TICKETS).header("etag"));
    assertThat(owner.with("if-match", first).put(TICKETS, Tenant.CONNECTOR).status())
        .isEqualTo(412);
    assertThat(owner.with("if-match", first).delete(TICKETS).status()).isEqualTo(412);
    assertThat(owner.with("if-none-match", "*").put(TICKETS, Tenant.CONNECTOR).status())
        .isEqualTo(412);
    assertThat(owner.with("if-match", second).delete(TICKETS).status()).isEqualTo(204);
    // The count goes on past the tombstone, so that nothing old is taken for this.
    var again = owner.put(TICKETS, Tenant.CONNECTOR);
    assertThat(again.status()).isEqualTo(201);
    assertThat(again.header("etag")).isEqualTo("\"4\"");
  }

  @Test
  void ofTwoWhoChangeTheSameVersionOneIsRefused() {
    var owner = server.newTenant().owner();
    var seen = owner.put(TICKETS, Tenant.CONNECTOR).header("etag");

    var statuses =
        Http.atOnce(8, () -> owner.with("if-match", seen).put(TICKETS, Tenant.CONNECTOR).status());

    assertThat(statuses).containsOnlyOnce(200).contains(412).containsOnly(200, 412);
  }

  /** The usual connector, changed. */
  private static String with(Consumer<ObjectNode> change) {
    try {
      var body = (ObjectNode) Json.LENIENT.readTree(Tenant.CONNECTOR);
      change.accept(body);
      return body.toString();
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
