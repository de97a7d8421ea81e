package io.redoubt.enclave.operatorapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.ApiDescription;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.token.SecretKeyText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What agents sent and models answered, read at the enclave. */
class PayloadTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final List<Map<String, String>> SAID =
      List.of(Map.of("role", "user", "content", "what is 6 times 7?"));

  private final EnclaveFixture fixture = EnclaveFixture.shared();
  private final ApiDescription api =
      new ApiDescription(Http.get(fixture.enclave().agentUrl().resolve("/openapi.json")).json());

  /** One that keeps payloads, since its control plane said so. */
  private OrganizationId keeping() {
    var organization = OrganizationId.next(CLOCK);
    fixture.introduce(organization);
    fixture.controlPlane.awaitApplied(
        fixture.controlPlane.say(
            organization,
            new LinkCommand.PutOrganization(
                new OrganizationSpec(
                    "Example",
                    OrganizationSpec.Payloads.FULL,
                    30,
                    OrganizationSpec.OfflineMode.FREEZE,
                    2))));
    return organization;
  }

  private Answer get(String action, String half, String token) {
    return Http.get(
        fixture.enclave().agentUrl().resolve("/v1/operator/actions/" + action + "/payloads" + half),
        "Authorization",
        "Bearer " + token);
  }

  /** Both halves are written after the client has its answer. */
  private Answer awaitBoth(String action, String token) {
    return await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> get(action, "", token),
            answer -> answer.status() == 200 && answer.json().path("reply").isObject());
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anAuditorReadsWhatWasSaidAndThatIsOnRecord() {
    TestAgent agent = fixture.agent(keeping(), List.of());
    Answer heard = agent.message(agent.bootstrap().text("access_token"), SAID);
    String action = heard.header("x-redoubt-action");
    String token = fixture.controlPlane.operatorToken(agent.organization, "payloads:read");

    Answer both = awaitBoth(action, token);
    Answer request = get(action, "/request", token);
    Answer reply = get(action, "/reply", token);

    api.describes(both);
    assertThat(both.text("agent_id")).isEqualTo(agent.id.toString());
    assertThat(both.text("verdict")).isEqualTo("permit");
    assertThat(both.json().at("/request/media_type").asText()).isEqualTo("application/json");
    assertThat(both.json().at("/request/truncated").asBoolean()).isFalse();
    assertThat(both.json().at("/request/bytes").asInt()).isEqualTo(request.body().length());
    assertThat(request.status()).isEqualTo(200);
    assertThat(request.body()).contains("what is 6 times 7?");
    assertThat(HexFormat.of().formatHex(sha256(request.body())))
        .as("the digest that is on record")
        .isEqualTo(both.text("action_digest"));
    assertThat(request.header("repr-digest"))
        .isEqualTo("sha-256=:" + Base64.getEncoder().encodeToString(sha256(request.body())) + ":");
    assertThat(request.header("content-type")).isEqualTo("application/octet-stream");
    assertThat(request.header("content-disposition")).startsWith("attachment");
    assertThat(request.header("cache-control")).isEqualTo("no-store");
    assertThat(request.header("x-content-type-options")).isEqualTo("nosniff");
    assertThat(request.header("x-redoubt-truncated")).isEqualTo("false");
    assertThat(reply.body()).isEqualTo(heard.body());
    for (String half : List.of("request", "reply")) {
      var record =
          fixture.controlPlane.awaitAudit(
              agent.organization,
              it -> it.operation().equals("payload:read") && half.equals(it.detail()));
      assertThat(record.plane()).isEqualTo(Plane.ADMIN);
      assertThat(record.actor()).isEqualTo("mem_1");
      assertThat(record.agentId()).isEqualTo(agent.id);
      assertThat(record.resource()).isEqualTo(action);
    }
  }

  @Test
  void aStreamIsReadAsItWentByUpToWhereItBrokeOff() throws IOException {
    TestAgent agent = fixture.agent(keeping(), List.of());
    String access = agent.bootstrap().text("access_token");
    try (var stream = agent.stream(access)) {
      stream.awaitFirstByte();
    }
    var record =
        fixture.controlPlane.awaitAudit(
            agent.organization, it -> agent.id.equals(it.agentId()) && it.plane() == Plane.LLM);
    String action = new ActionId(record.id().uuid()).toString();
    String token = fixture.controlPlane.operatorToken(agent.organization, "payloads:read");

    Answer both = awaitBoth(action, token);

    assertThat(both.json().at("/reply/media_type").asText()).isEqualTo("text/event-stream");
    assertThat(get(action, "/reply", token).body()).startsWith("event: ping\ndata: ");
  }

  @Test
  void whatAStoppedAgentAskedForIsReadToo() {
    TestAgent agent = fixture.agent(keeping(), List.of());
    String access = agent.bootstrap().text("access_token");
    fixture.controlPlane.proof(
        agent.organization,
        new LinkCommand.Isolate(agent.id, IsolationId.next(CLOCK), "fire", "mem_1"));
    Answer refused = agent.message(access, SAID);
    String action = refused.header("x-redoubt-action");
    String token = fixture.controlPlane.operatorToken(agent.organization, "payloads:read");

    Answer kept = get(action, "", token);
    Answer reply = get(action, "/reply", token);

    assertThat(refused.status()).isEqualTo(403);
    assertThat(kept.status()).isEqualTo(200);
    assertThat(kept.text("verdict")).isEqualTo("deny");
    assertThat(kept.json().path("reply").isNull()).isTrue();
    assertThat(get(action, "/request", token).body()).contains("what is 6 times 7?");
    assertThat(reply.status()).isEqualTo(410);
    assertThat(reply.text("detail")).isEqualTo("It was not permitted, so there is no reply.");
    api.describes(kept);
    api.describes(reply);
  }

  @Test
  void whoMayBreakTheGlassAndReadGetsATokenForItHere() {
    OrganizationId organization = keeping();
    var client = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
    fixture.trust(organization, client, Set.of("payloads:read"));
    TestAgent agent = fixture.agent(organization, List.of());
    Answer heard = agent.message(agent.bootstrap().text("access_token"), SAID);

    Answer token = fixture.token(client.owner(), client.reveal());

    assertThat(token.text("scope")).isEqualTo("payloads:read");
    String action = heard.header("x-redoubt-action");
    awaitBoth(action, token.text("access_token"));
    assertThat(get(action, "/reply", token.text("access_token")).body()).isEqualTo(heard.body());
  }

  @Test
  void nobodyReadsWithoutThePermission() {
    TestAgent agent = fixture.agent(keeping(), List.of());
    String access = agent.bootstrap().text("access_token");
    Answer heard = agent.message(access, SAID);
    String action = heard.header("x-redoubt-action");
    awaitBoth(action, fixture.controlPlane.operatorToken(agent.organization, "payloads:read"));
    String powerless =
        fixture.controlPlane.operatorToken(
            agent.organization, "audit:read", "agents:manage", "approvals:decide");

    for (String half : List.of("", "/request", "/reply")) {
      Answer forbidden = get(action, half, powerless);
      Answer stranger =
          Http.get(
              fixture
                  .enclave()
                  .agentUrl()
                  .resolve("/v1/operator/actions/" + action + "/payloads" + half));
      Answer itself = get(action, half, access);

      assertThat(forbidden.status()).isEqualTo(403);
      assertThat(forbidden.problem()).isEqualTo("permission-missing");
      assertThat(stranger.problem()).isEqualTo("credential-missing");
      assertThat(itself.status()).isEqualTo(401);
      api.describes(forbidden);
      api.describes(stranger);
    }
  }

  @Test
  void anotherOrganizationsActionDoesNotExist() {
    TestAgent foreign = fixture.agent(keeping(), List.of());
    Answer heard = foreign.message(foreign.bootstrap().text("access_token"), SAID);
    String theirs = heard.header("x-redoubt-action");
    awaitBoth(theirs, fixture.controlPlane.operatorToken(foreign.organization, "payloads:read"));
    String token = fixture.operatorToken("payloads:read");
    String nobodys = ActionId.next(CLOCK).toString();

    for (String half : List.of("", "/request", "/reply")) {
      Answer answer = get(theirs, half, token);
      Answer missing = get(nobodys, half, token);

      assertThat(answer.status()).isEqualTo(404);
      assertThat(missing.status()).isEqualTo(404);
      assertThat(answer.text("type")).isEqualTo(missing.text("type"));
      assertThat(answer.text("detail")).isEqualTo(missing.text("detail"));
      assertThat(get("act_x", half, token).status()).isEqualTo(404);
      api.describes(answer);
    }
  }

  @Test
  void whereMetadataIsAllThatIsKeptThatIsSaid() {
    TestAgent agent = fixture.agent();
    Answer heard = agent.message(agent.bootstrap().text("access_token"), SAID);
    String token = fixture.operatorToken("payloads:read");

    for (String half : List.of("", "/request", "/reply")) {
      Answer answer = get(heard.header("x-redoubt-action"), half, token);

      assertThat(answer.status()).isEqualTo(410);
      assertThat(answer.problem()).isEqualTo("payload-not-kept");
      assertThat(answer.text("detail")).isEqualTo("The organization keeps metadata only.");
      api.describes(answer);
    }
  }
}
