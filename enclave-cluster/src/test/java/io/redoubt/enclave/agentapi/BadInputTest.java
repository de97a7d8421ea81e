package io.redoubt.enclave.agentapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.ApiDescription;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BadInputTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private final EnclaveFixture fixture = EnclaveFixture.shared();
  private final ApiDescription api =
      new ApiDescription(Http.get(fixture.enclave().agentUrl().resolve("/openapi.json")).json());

  @ParameterizedTest
  @ValueSource(strings = {"bootstrap", "refresh"})
  void whatIsNoJsonIsMalformed(String path) {
    for (String body : List.of("{", "", "nonsense", "{\"a\":1,\"a\":2}", "{} {}", "[".repeat(90))) {
      Answer answer = post(path, body, "application/json");
      assertThat(answer.status()).as(body).isIn(400, 422);
      isProblem(answer);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bootstrap", "refresh"})
  void whatIsJsonButWrongIsInvalidWithAPointerToThePlace(String path) {
    String field = path.equals("bootstrap") ? "bootstrap_token" : "refresh_token";
    String token = "\"" + field + "\":\"x\"";
    var pointers =
        Map.of(
            "{}",
            "/" + field,
            "{\"" + field + "\":null}",
            "/" + field,
            "{\"" + field + "\":1}",
            "/" + field,
            "{\"" + field + "\":[\"x\"]}",
            "/" + field,
            "{\"" + field + "\":{\"x\":1}}",
            "/" + field,
            "{" + token + ",\"next_refresh_token_digest\":\"00\"}",
            "/next_refresh_token_digest",
            "{" + token + ",\"organization_id\":\"org_x\"}",
            "/organization_id");

    pointers.forEach((body, pointer) -> {
      Answer answer = post(path, body, "application/json");
      assertThat(answer.status()).as(body).isEqualTo(422);
      assertThat(answer.json().at("/errors/0/pointer").asText()).as(body).isEqualTo(pointer);
      isProblem(answer);
    });
    assertThat(post(path, "null", "application/json").status()).isEqualTo(422);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bootstrap", "refresh"})
  void aBodyOfAnotherTypeOrSizeIsRefused(String path) {
    Answer form = post(path, "refresh_token=x", "application/x-www-form-urlencoded");
    assertThat(form.status()).isEqualTo(415);
    isProblem(form);
    Answer huge =
        post(path, "{\"refresh_token\":\"" + "x".repeat(2 << 20) + "\"}", "application/json");
    assertThat(huge.status()).isEqualTo(413);
    isProblem(huge);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "rdr_",
        "rdb_x",
        "rdr_'; DROP TABLE enclave.audit; --",
        "rdr_\r\nX-Injected: yes",
        "eyJhbGciOiJub25lIn0.e30."
      })
  void tokensThatNobodyCouldHaveMadeAreInvalid(String token) {
    Answer refresh =
        post(
            "refresh",
            "{\"refresh_token\":" + JsonNodeFactory.instance.textNode(token) + "}",
            "application/json");
    assertThat(refresh.problem()).isEqualTo("refresh-token-invalid");
    isProblem(refresh);
    if (token.length() > 8) {
      assertThat(refresh.body()).doesNotContain(token);
    }
    assertThat(refresh.header("X-Injected")).isEmpty();
  }

  @Test
  void truncatedAndAlteredTokensAreInvalidAndNothingIsSpent() {
    TestAgent agent = fixture.agent();
    String token = agent.bootstrap().text("refresh_token");
    char last = token.charAt(60) == 'A' ? 'B' : 'A';

    for (String altered :
        List.of(
            token.substring(0, token.length() - 1),
            token + "A",
            token.substring(0, 60) + last + token.substring(61),
            token.replace("rdr_", "rdb_"))) {
      assertThat(agent.refresh(altered).problem()).isEqualTo("refresh-token-invalid");
    }
    assertThat(agent.refresh(token).status()).isEqualTo(200);
  }

  @Test
  void aHandleMovedToAnotherAgentOrOrganizationNamesNoFamily() {
    TestAgent victim = fixture.agent();
    TestAgent thief = fixture.agent();
    String live = victim.bootstrap().text("refresh_token");
    thief.bootstrap();
    var handle = victim.bootstrapToken.handle();

    for (var moved :
        List.of(
            new FamilyHandle(handle.organization(), thief.id, handle.secret()),
            new FamilyHandle(OrganizationId.next(CLOCK), victim.id, handle.secret()),
            FamilyHandle.create(handle.organization(), victim.id))) {
      String forged = AgentToken.mint(AgentToken.Kind.REFRESH, moved).reveal();
      assertThat(victim.refresh(forged).problem()).isEqualTo("refresh-token-invalid");
    }
    assertThat(victim.refresh(live).status()).isEqualTo(200);
  }

  @Test
  void forgedAccessTokensAreRefused() {
    TestAgent agent = fixture.agent();
    String good = agent.bootstrap().text("access_token");
    String[] parts = good.split("\\.", -1);
    var claims = AccessClaims.read(Base64.getUrlDecoder().decode(parts[1])).orElseThrow();
    String none = encode("{\"alg\":\"none\",\"typ\":\"at+jwt\"}") + "." + parts[1] + ".";
    String hs256 =
        encode("{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}") + "." + parts[1] + "." + parts[2];

    for (String forged :
        List.of(
            none,
            hs256,
            claims.sign(SigningKey.generate()),
            parts[0] + "." + encode("{\"sub\":\"agent:x\"}") + "." + parts[2],
            good + ".x",
            good.substring(0, good.length() - 2),
            Jws.sign(SigningKey.generate(), Jws.Type.OPERATOR_ACCESS, Json.write(Map.of())),
            "x".repeat(10_000))) {
      Answer answer = agent.self(forged);
      assertThat(answer.status()).as(forged).isEqualTo(401);
      isProblem(answer);
    }
    assertThat(Http.get(agent.at("self")).problem()).isEqualTo("credential-missing");
    assertThat(agent.self(good).status()).isEqualTo(200);
  }

  @Test
  void aRequestOfThousandsOfHeadersIsRefused() throws IOException {
    var head = new StringBuilder("GET /v1/agent/discover HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 10_000; i++) {
      head.append("X-").append(i).append(": y\r\n");
    }

    String answer = raw(head.append("\r\n").toString());

    assertThat(answer).startsWith("HTTP/1.1 431").contains("urn:redoubt:error:headers-too-large");
  }

  @Test
  void aHugeHeaderAndAHugeAddressAreRefused() throws IOException {
    assertThat(
            raw(
                "GET /v1/agent/discover HTTP/1.1\r\nHost: x\r\nX-Big: "
                    + "y".repeat(100_000)
                    + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431");
    assertThat(raw("GET /" + "y".repeat(10_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
        .startsWith("HTTP/1.1 414");
  }

  /**
   * At a node of its own: a deadline that is short enough to be waited for is too short for a large
   * body on a busy machine.
   */
  @Test
  void aBodyThatDoesNotArriveIsNotWaitedFor() throws IOException {
    var impatient = new EnclaveFixture(Map.of("redoubt.http.body-deadline", "1s"));
    try {
      String answer =
          raw(
              impatient.enclave().agentUrl(),
              "POST /v1/agent/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  + "Content-Length: 100\r\n\r\n{\"refresh_token\":");

      assertThat(answer).startsWith("HTTP/1.1 408").contains("urn:redoubt:error:request-timeout");
    } finally {
      impatient.close();
    }
  }

  @Test
  void anUnknownRouteAndAWrongMethodAreSaidSo() {
    URI base = fixture.enclave().agentUrl();
    assertThat(Http.get(base.resolve("/v1/agent/nothing")).problem()).isEqualTo("not-found");
    assertThat(Http.get(base.resolve("/v1/agent/refresh")).status()).isEqualTo(405);
    assertThat(Http.post(base.resolve("/v1/agent/discover"), Map.of()).status()).isEqualTo(405);
  }

  @Test
  void whereAgentsActEveryRefusalIsMarkedAndAnswersInTheWordsOfProviders() throws IOException {
    URI acting = fixture.enclave().actingUrl();
    Answer unknown = Http.get(acting.resolve("/v1/nothing"));
    Answer method = Http.get(acting.resolve("/v1/messages"));

    assertThat(unknown.status()).isEqualTo(404);
    assertThat(method.status()).isEqualTo(405);
    assertThat(method.json().at("/error/type").asText()).isEqualTo("invalid_request_error");
    for (Answer answer : List.of(unknown, method)) {
      assertThat(answer.header("x-redoubt-decision")).isEqualTo("deny");
      assertThat(answer.header("x-redoubt-action")).startsWith("act_");
    }
    assertThat(
            raw(
                acting,
                "POST /v1/messages HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(100_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431")
        .containsIgnoringCase("x-redoubt-decision: deny")
        .contains("headers_too_large");
  }

  @Test
  void aSourceThatGuessesTokensIsMadeToWait() {
    var limits =
        new CallLimits(
            new AgentApiConfig(1000, 1000, 1, 5, 1000, 1000, 10, Duration.ofSeconds(20), 100),
            Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
    var source = InetAddress.ofLiteral("192.0.2.1");
    for (int i = 0; i < 6; i++) {
      limits.admit(source);
      limits.noteStranger(source);
    }

    assertThat(catchThrowable(() -> limits.admit(source)))
        .hasMessageContaining("Too many requests");
    limits.admit(InetAddress.ofLiteral("192.0.2.2"));
  }

  @Test
  void anAgentThatNobodyKnowsCannotRefresh() {
    var unknown =
        AgentToken.mint(
            AgentToken.Kind.REFRESH,
            FamilyHandle.create(fixture.organization, AgentId.next(CLOCK)));

    Answer answer =
        post("refresh", "{\"refresh_token\":\"" + unknown.reveal() + "\"}", "application/json");

    assertThat(answer.status()).isEqualTo(401);
    isProblem(answer);
  }

  private void isProblem(Answer answer) {
    api.describes(answer);
    assertThat(answer.header("content-type")).startsWith("application/problem+json");
    assertThat(answer.json().path("trace_id").asText()).matches("[0-9a-f]{32}");
    assertThat(answer.body()).doesNotContain("io.redoubt", "com.fasterxml", "java.", "at ");
  }

  private Answer post(String path, String body, String mediaType) {
    return Http.post(
        fixture.enclave().agentUrl().resolve("/v1/agent/" + path),
        body.getBytes(StandardCharsets.UTF_8),
        mediaType);
  }

  private String raw(String request) throws IOException {
    return raw(fixture.enclave().agentUrl(), request);
  }

  private static String raw(URI server, String request) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.getPort())) {
      socket.setSoTimeout(10_000);
      var writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                } catch (IOException _) {
                  // refused before it was read to its end
                }
              });
      var answer = new String(socket.getInputStream().readNBytes(2_000), StandardCharsets.UTF_8);
      writer.interrupt();
      return answer;
    }
  }

  private static String encode(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
