package io.redoubt.enclave.operatorapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.ApiDescription;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.jwt.OperatorClaims;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkCommand.Withdrawal;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.token.SecretKeyText;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BreakGlassTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private final EnclaveFixture fixture = EnclaveFixture.shared();
  private final ApiDescription api =
      new ApiDescription(Http.get(fixture.enclave().agentUrl().resolve("/openapi.json")).json());
  private boolean stopped;

  @AfterEach
  void comeBack() {
    if (stopped) {
      fixture.controlPlane.start();
    }
  }

  @Test
  void withTheControlPlaneAwayAnOperatorIsolatesAndReleasesHere() throws IOException {
    TestAgent agent = fixture.agent();
    String access = agent.bootstrap().text("access_token");
    try (var stream = agent.stream(access)) {
      stream.awaitFirstByte();
      stopped = true;
      fixture.controlPlane.stop();

      Answer token =
          fixture.token(fixture.breakGlassSecret.owner(), fixture.breakGlassSecret.reveal());
      api.describes(token);
      assertThat(token.text("scope")).isEqualTo("agents:manage");
      Answer isolated = act(agent, "isolate", token.text("access_token"), Map.of("reason", "fire"));

      api.describes(isolated);
      assertThat(isolated.status()).isEqualTo(200);
      assertThat(isolated.json().at("/nodes/0/streams_cut").asInt()).isEqualTo(1);
      stream.awaitEnd();
      assertThat(agent.message(access).status()).isEqualTo(403);

      fixture.controlPlane.start();
      stopped = false;
      var seen =
          await()
              .atMost(Duration.ofSeconds(15))
              .until(() -> lastSeen(agent, 1), Optional::isPresent)
              .orElseThrow();
      assertThat(seen.isolations().getFirst().toString()).isEqualTo(isolated.text("isolation_id"));
      var record =
          fixture.controlPlane.awaitAudit(
              agent.organization,
              it -> agent.id.equals(it.agentId()) && it.operation().equals("agent:isolate"));
      assertThat(record.actor()).isEqualTo(fixture.breakGlassSecret.owner());
      assertThat(record.detail()).isEqualTo("fire");

      Answer released =
          act(agent, "release", token.text("access_token"), Map.of("reason", "it is out"));
      api.describes(released);
      assertThat(released.status()).isEqualTo(200);
      assertThat(agent.message(access).status()).isEqualTo(200);
    }
  }

  @Test
  void withTheControlPlaneAwayAnAgentIsRevokedHere() throws IOException {
    TestAgent agent = fixture.agent();
    Answer identity = agent.bootstrap();
    String access = identity.text("access_token");
    var operator = operatorToken(fixture.controlPlane.operatorKey);
    Map<String, ?> body = Map.of("reason", "stolen");
    TestAgent foreign = fixture.agent(introduced(), List.of());
    try (var stream = agent.stream(access)) {
      stream.awaitFirstByte();
      stopped = true;
      fixture.controlPlane.stop();

      Answer powerless = act(agent, "revoke", operator.mayOnly("agents:read").sign(), body);
      Answer theirs = act(foreign, "revoke", operator.sign(), body);
      Answer unsaid = act(agent, "revoke", operator.sign(), Map.of());

      assertThat(powerless.status()).isEqualTo(403);
      assertThat(theirs.status()).isEqualTo(404);
      assertThat(unsaid.status()).isEqualTo(422);
      assertThat(agent.message(access).status()).isEqualTo(200);

      Answer revoked = act(agent, "revoke", operator.sign(), body);
      Answer again = act(agent, "revoke", operator.sign(), body);

      assertThat(revoked.status()).isEqualTo(200);
      assertThat(revoked.json().at("/nodes/0/how").asText()).isEqualTo("cut");
      assertThat(revoked.json().at("/nodes/0/streams_cut").asInt()).isEqualTo(1);
      assertThat(again.status()).isEqualTo(200);
      stream.awaitEnd();
      assertThat(agent.message(access).status()).isEqualTo(401);
      assertThat(agent.refresh(identity.text("refresh_token")).problem())
          .isEqualTo("refresh-token-invalid");
      for (Answer answer : List.of(powerless, theirs, unsaid, revoked, again)) {
        api.describes(answer);
      }
    }
    assertThat(foreign.bootstrap().status()).as("another's agent").isEqualTo(200);

    fixture.controlPlane.start();
    stopped = false;
    await()
        .atMost(Duration.ofSeconds(15))
        .until(() ->
            fixture.controlPlane.reports.stream()
                .anyMatch(it ->
                    it instanceof LinkReport.AgentSeen seen
                        && seen.agentId().equals(agent.id)
                        && seen.status() == AgentStatus.REVOKED));
    var record =
        fixture.controlPlane.awaitAudit(
            agent.organization,
            it -> agent.id.equals(it.agentId()) && it.operation().equals("agent:revoke"));
    assertThat(record.actor()).isEqualTo("mem_1");
    assertThat(record.detail()).isEqualTo("stolen");
  }

  private Optional<LinkReport.AgentSeen> lastSeen(TestAgent agent, int isolations) {
    return fixture.controlPlane.reports.stream()
        .filter(LinkReport.AgentSeen.class::isInstance)
        .map(LinkReport.AgentSeen.class::cast)
        .filter(it -> it.agentId().equals(agent.id) && it.isolations().size() == isolations)
        .findFirst();
  }

  @Test
  void anOperatorTokenOfTheControlPlaneIsBelievedByTheKeysLastSeen() {
    TestAgent agent = fixture.agent();
    String token = operatorToken(fixture.controlPlane.operatorKey).sign();

    assertThat(act(agent, "isolate", token, Map.of("reason", "fire")).status()).isEqualTo(200);
  }

  @Test
  void whoRepeatsAnIsolationMakesNoOther() {
    TestAgent agent = fixture.agent();
    var mine = operatorToken(fixture.controlPlane.operatorKey);

    Answer first = isolated(agent, mine, "key-1");
    Answer repeated = isolated(agent, mine, "key-1");
    Answer another = isolated(agent, mine, "key-2");
    Answer lifted =
        act(
            agent,
            "release",
            mine.sign(),
            Map.of("reason", "over", "isolation_ids", List.of(first.text("isolation_id"))));
    Answer beside = isolated(agent, mine, "key-1");
    Answer released = act(agent, "release", mine.sign(), Map.of("reason", "over"));
    Answer late = isolated(agent, mine, "key-1");
    Answer garbled = isolated(agent, mine, "key 1");

    assertThat(first.status()).isEqualTo(200);
    assertThat(repeated.text("isolation_id")).isEqualTo(first.text("isolation_id"));
    assertThat(another.text("isolation_id")).isNotEqualTo(first.text("isolation_id"));
    assertThat(lifted.status()).isEqualTo(200);
    assertThat(beside.status()).as("another isolation is no proof of this one").isEqualTo(409);
    assertThat(released.status()).isEqualTo(200);
    assertThat(late.status()).as("it is not stopped, and nobody says so").isEqualTo(409);
    assertThat(late.problem()).isEqualTo("conflict");
    assertThat(agent.bootstrap().status()).as("what was lifted stays so").isEqualTo(200);
    assertThat(garbled.status()).isEqualTo(400);
    for (Answer answer : List.of(first, repeated, late, garbled)) {
      api.describes(answer);
    }
  }

  @Test
  void aReleaseOfAnIsolationThatNeverWasIsNoneAndOneThatIsRepeatedIs() {
    TestAgent agent = fixture.agent();
    var mine = operatorToken(fixture.controlPlane.operatorKey);
    String made = isolated(agent, mine, "key-1").text("isolation_id");
    String mistyped = IsolationId.next(CLOCK).toString();

    Answer nothing = release(agent, mine, List.of(mistyped));
    Answer partly = release(agent, mine, List.of(made, mistyped));
    Answer stopped = agent.bootstrap();
    Answer lifted = release(agent, mine, List.of(made));
    Answer again = release(agent, mine, List.of(made));

    for (Answer refused : List.of(nothing, partly)) {
      assertThat(refused.status()).isEqualTo(409);
      assertThat(refused.problem()).isEqualTo("conflict");
      api.describes(refused);
    }
    assertThat(stopped.problem()).as("nothing has changed").isEqualTo("agent-not-active");
    assertThat(lifted.status()).isEqualTo(200);
    assertThat(again.status()).isEqualTo(200);
    assertThat(agent.bootstrap().status()).isEqualTo(200);
  }

  private Answer release(TestAgent agent, TokenOf token, List<String> isolations) {
    return act(
        agent, "release", token.sign(), Map.of("reason", "over", "isolation_ids", isolations));
  }

  @Test
  void whoRepeatsAReleaseLiftsNothingThatWasMadeSince() {
    TestAgent agent = fixture.agent();
    var mine = operatorToken(fixture.controlPlane.operatorKey);
    isolated(agent, mine, "key-1");

    Answer first = repeatable(agent, "release", mine, "key-1");
    Answer since = isolated(agent, mine, "key-2");
    Answer repeated = repeatable(agent, "release", mine, "key-1");
    Answer stopped = agent.bootstrap();
    Answer another = repeatable(agent, "release", mine, "key-2");

    assertThat(List.of(first.status(), since.status(), repeated.status(), another.status()))
        .containsOnly(200);
    assertThat(stopped.problem()).isEqualTo("agent-not-active");
    assertThat(agent.bootstrap().status()).isEqualTo(200);
    api.describes(repeated);
  }

  @Test
  void anOrderCarriedOutAgainProvesNothingOfAnIsolationThatWasLiftedHere() {
    TestAgent agent = fixture.agent();
    var isolate = new LinkCommand.Isolate(agent.id, IsolationId.next(CLOCK), "fire", "mem_1");
    long first = fixture.controlPlane.say(agent.organization, isolate);
    fixture.controlPlane.awaitApplied(first);
    String token = operatorToken(fixture.controlPlane.operatorKey).sign();
    Answer lifted = act(agent, "release", token, Map.of("reason", "over"));

    long again = fixture.controlPlane.say(agent.organization, isolate);
    fixture.controlPlane.awaitApplied(again);

    assertThat(lifted.status()).isEqualTo(200);
    assertThat(fixture.controlPlane.rejection(again)).isEqualTo("isolation-lifted");
    assertThat(agent.bootstrap().status()).isEqualTo(200);
  }

  private Answer isolated(TestAgent agent, TokenOf token, String key) {
    return repeatable(agent, "isolate", token, key);
  }

  private Answer repeatable(TestAgent agent, String verb, TokenOf token, String key) {
    return Http.post(
        at(agent.id.toString(), verb),
        Map.of("reason", "fire"),
        "Authorization",
        "Bearer " + token.sign(),
        "Idempotency-Key",
        key);
  }

  @Test
  void aTokenRequestIsReadAsRfc6749Says() {
    String id = fixture.breakGlassSecret.owner();
    String secret = fixture.breakGlassSecret.reveal();

    assertThat(form("client_id=" + id + "&client_secret=" + secret, null))
        .contains("invalid_request");
    assertThat(form("grant_type=password", null)).contains("unsupported_grant_type");
    assertThat(form("grant_type=client_credentials&grant_type=password", null))
        .contains("\"error\":\"invalid_request\"");
    assertThat(form("grant_type=%zz", null)).contains("\"error\":\"invalid_request\"");
    assertThat(form("grant_type=client_credentials", null)).contains("invalid_client");
    assertThat(form("grant_type=client_credentials&client_secret=" + secret, id + ":" + secret))
        .contains("invalid_request");
    assertThat(form("grant_type=client_credentials&client_id=cli_other", id + ":" + secret))
        .contains("invalid_request");
    assertThat(form("grant_type=client_credentials&client_id=" + id, id + ":" + secret))
        .contains("access_token");
    assertThat(
            form(
                "grant_type=client_credentials&client_id=" + id + "&client_secret=" + secret, null))
        .contains("access_token");
    assertThat(form("grant_type=client_credentials", id.replace("_", "%5F") + ":" + secret))
        .as("both halves are form-encoded")
        .contains("access_token");
  }

  private String form(String body, @Nullable String basic) {
    var headers =
        basic == null
            ? new String[0]
            : new String[] {
              "Authorization",
              "Basic " + Base64.getEncoder().encodeToString(basic.getBytes(StandardCharsets.UTF_8))
            };
    Answer answer =
        Http.post(
            fixture.enclave().agentUrl().resolve("/v1/operator/token"),
            body.getBytes(StandardCharsets.UTF_8),
            "application/x-www-form-urlencoded",
            headers);
    api.describes(answer);
    return answer.body();
  }

  @Test
  void anotherOrganizationsAgentDoesNotExist() {
    TestAgent foreign = fixture.agent(introduced(), List.of());
    String token = operatorToken(fixture.controlPlane.operatorKey).sign();

    Answer answer = act(foreign, "isolate", token, Map.of("reason", "fire"));

    api.describes(answer);
    assertThat(answer.status()).isEqualTo(404);
    Answer missing =
        Http.post(
            at(AgentId.next(CLOCK).toString(), "isolate"),
            Map.of("reason", "fire"),
            "Authorization",
            "Bearer " + token);
    assertThat(missing.problem()).isEqualTo(answer.problem());
  }

  private OrganizationId introduced() {
    var organization = OrganizationId.next(CLOCK);
    fixture.introduce(organization);
    return organization;
  }

  @Test
  void oneTokenIsRevokedHere() throws IOException {
    TestAgent agent = fixture.agent();
    String access = agent.bootstrap().text("access_token");
    var operator = operatorToken(fixture.controlPlane.operatorKey);
    Map<String, ?> body = Map.of("jti", TestAgent.jti(access), "reason", "it leaked");
    try (var stream = agent.stream(access)) {
      stream.awaitFirstByte();

      Answer powerless = act(agent, "revoke-token", operator.mayOnly("agents:read").sign(), body);
      Answer foreign =
          act(fixture.agent(introduced(), List.of()), "revoke-token", operator.sign(), body);
      Answer unnamed =
          act(agent, "revoke-token", operator.sign(), Map.of("jti", access, "reason", "x"));

      assertThat(powerless.status()).isEqualTo(403);
      assertThat(foreign.status()).isEqualTo(404);
      assertThat(unnamed.status()).isEqualTo(422);
      assertThat(agent.message(access).status()).isEqualTo(200);

      Answer revoked = act(agent, "revoke-token", operator.sign(), body);

      assertThat(revoked.status()).isEqualTo(200);
      assertThat(revoked.json().at("/nodes/0/streams_cut").asInt()).isEqualTo(1);
      stream.awaitEnd();
      assertThat(agent.message(access).status()).isEqualTo(401);
      for (Answer answer : List.of(powerless, foreign, unnamed, revoked)) {
        api.describes(answer);
      }
    }
  }

  @Test
  void forgedExpiredAndPowerlessOperatorTokensAreRefused() {
    TestAgent agent = fixture.agent();
    var good = operatorToken(fixture.controlPlane.operatorKey);

    assertThat(isolate(agent, operatorToken(SigningKey.generate()).sign())).isEqualTo(401);
    assertThat(isolate(agent, good.with("urn:redoubt:enclave:other").sign())).isEqualTo(401);
    assertThat(isolate(agent, good.expired().sign())).isEqualTo(401);
    assertThat(isolate(agent, good.of(OrganizationId.next(CLOCK)).sign())).isEqualTo(401);
    assertThat(isolate(agent, good.sign() + "x")).isEqualTo(401);
    assertThat(isolate(agent, "nonsense")).isEqualTo(401);
    assertThat(isolate(agent, agent.bootstrap().text("access_token"))).isEqualTo(401);
    assertThat(isolate(agent, good.mayOnly("agents:read").sign())).isEqualTo(403);
    assertThat(Http.post(at(agent.id.toString(), "isolate"), Map.of("reason", "x")).problem())
        .isEqualTo("credential-missing");
  }

  @Test
  void aClientThatMayNotBreakTheGlassGetsNoToken() {
    var other =
        SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, fixture.breakGlassSecret.owner());

    Answer wrongSecret = fixture.token(fixture.breakGlassSecret.owner(), other.reveal());
    Answer unknown = fixture.token("cli_00000000000000000000000000000000", other.reveal());
    Answer otherGrant =
        Http.post(
            fixture.enclave().agentUrl().resolve("/v1/operator/token"),
            "grant_type=password".getBytes(StandardCharsets.UTF_8),
            "application/x-www-form-urlencoded");

    for (Answer refused : List.of(wrongSecret, unknown, otherGrant)) {
      api.describes(refused);
    }
    assertThat(wrongSecret.status()).isEqualTo(401);
    assertThat(wrongSecret.text("error")).isEqualTo("invalid_client");
    assertThat(unknown.status()).isEqualTo(401);
    assertThat(otherGrant.text("error")).isEqualTo("unsupported_grant_type");
  }

  @Test
  void aTokenIsGoodForNoMoreThanItsClientMayNow() {
    OrganizationId organization = introduced();
    TestAgent agent = fixture.agent(organization, List.of());
    var client = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
    fixture.trust(organization, client, Set.of("agents:manage"));
    String token = fixture.token(client.owner(), client.reveal()).text("access_token");
    assertThat(isolate(agent, token)).isEqualTo(200);

    fixture.trust(organization, client, Set.of("agents:read"));

    assertThat(isolate(agent, token)).isEqualTo(403);
  }

  @Test
  void whatWasTakenFromAnOperatorIsTakenFromTheControlPlanesTokensToo() {
    OrganizationId organization = introduced();
    TestAgent agent = fixture.agent(organization, List.of());
    var client = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
    var token = operatorToken(fixture.controlPlane.operatorKey).of(organization);
    fixture.trust(organization, client, Set.of());
    assertThat(isolate(agent, token.sign())).isEqualTo(200);
    Instant issued = token.claims().issuedAt();

    withdraw(organization, client, new Withdrawal("cli_other", Set.of(), issued));
    assertThat(isolate(agent, token.sign())).isEqualTo(200);
    withdraw(organization, client, new Withdrawal("cli_1", Set.of("agents:manage"), issued));
    assertThat(isolate(agent, token.sign())).isEqualTo(200);
    withdraw(organization, client, new Withdrawal("cli_1", Set.of("agents:read"), issued));
    assertThat(isolate(agent, token.sign())).isEqualTo(403);
    withdraw(
        organization,
        client,
        new Withdrawal("cli_1", Set.of("agents:manage"), issued.plusSeconds(1)));
    assertThat(isolate(agent, token.sign())).isEqualTo(401);
    fixture.trust(organization, client, Set.of(), List.of(), issued.plusSeconds(1));
    assertThat(isolate(agent, token.sign())).isEqualTo(401);
  }

  /** Tokens are issued by the second; which secret they are of, they know more exactly. */
  @Test
  void aTokenOfTheControlPlaneEndsWithTheSecretThatItWasGivenFor() {
    OrganizationId organization = introduced();
    TestAgent agent = fixture.agent(organization, List.of());
    var client = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
    var token = operatorToken(fixture.controlPlane.operatorKey).of(organization);
    Instant rotated = token.claims().issuedAt().truncatedTo(ChronoUnit.SECONDS).plusMillis(1);

    withdraw(organization, client, new Withdrawal("cli_1", Set.of("agents:manage"), rotated));

    assertThat(isolate(agent, token.since(rotated.minusNanos(1_000)).sign())).isEqualTo(401);
    assertThat(isolate(agent, token.since(rotated).sign())).isEqualTo(200);
    assertThat(isolate(agent, token.since(rotated.plusNanos(1_000)).sign()))
        .as("this enclave does not know yet")
        .isEqualTo(200);
  }

  @Test
  void aTokenOfThisEnclaveEndsWithTheSecretThatItWasGivenFor() {
    OrganizationId organization = introduced();
    TestAgent agent = fixture.agent(organization, List.of());
    var id = ClientId.next(CLOCK);
    var before = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, id);
    var after = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, id);
    Instant made = CLOCK.instant().truncatedTo(ChronoUnit.SECONDS);
    believe(organization, before, made);
    String old = fixture.token(before.owner(), before.reveal()).text("access_token");
    assertThat(isolate(agent, old)).isEqualTo(200);

    believe(organization, after, made.plusNanos(1_000));

    assertThat(isolate(agent, old)).isEqualTo(401);
    assertThat(fixture.token(before.owner(), before.reveal()).status()).isEqualTo(401);
    String renewed = fixture.token(after.owner(), after.reveal()).text("access_token");
    assertThat(isolate(agent, renewed)).isEqualTo(200);
  }

  private void believe(OrganizationId organization, SecretKeyText client, Instant secretFrom) {
    fixture.controlPlane.awaitApplied(
        fixture.controlPlane.say(
            organization,
            new LinkCommand.PutOperatorTrust(
                "urn:redoubt:control-plane",
                new JwkSet(List.of(fixture.controlPlane.operatorKey.publicHalf().jwk())),
                List.of(
                    new LinkCommand.BreakGlassClient(
                        client.owner(),
                        client.digest(),
                        Set.of("agents:manage"),
                        null,
                        secretFrom)),
                List.of(),
                null)));
  }

  private void withdraw(OrganizationId organization, SecretKeyText client, Withdrawal withdrawal) {
    fixture.trust(organization, client, Set.of(), List.of(withdrawal), null);
  }

  /** Let in while they might, they would otherwise have as long as a body may take. */
  @Test
  void whoLosesTheirClientWhileTheySendAnOrderGivesNone() {
    OrganizationId organization = introduced();
    TestAgent agent = fixture.agent(organization, List.of());
    String access = agent.bootstrap().text("access_token");
    var operator = operatorToken(fixture.controlPlane.operatorKey).of(organization);
    var client = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
    fixture.trust(organization, client, Set.of("agents:manage"));
    assertThat(isolate(agent, operator.sign())).isEqualTo(200);

    for (String verb : List.of("release", "isolate", "revoke", "revoke-token")) {
      fixture.trust(organization, client, Set.of("agents:manage"));
      String token = fixture.token(client.owner(), client.reveal()).text("access_token");
      var late =
          Http.postAfter(
              () -> fixture.trust(organization, client, Set.of()),
              at(agent.id.toString(), verb),
              verb.equals("revoke-token")
                  ? Map.of("reason", "late", "jti", TestAgent.jti(access))
                  : Map.of("reason", "late"),
              "Authorization",
              "Bearer " + token);

      api.describes(late);
      assertThat(late.status()).as(verb).isEqualTo(403);
      assertThat(agent.message(access).status()).as(verb).isEqualTo(403);
    }
    assertThat(act(agent, "release", operator.sign(), Map.of("reason", "it is out")).status())
        .isEqualTo(200);
    assertThat(agent.message(access).status()).as("nor was it revoked").isEqualTo(200);
  }

  @Test
  void aReasonIsNeeded() {
    TestAgent agent = fixture.agent();
    String token = operatorToken(fixture.controlPlane.operatorKey).sign();

    for (Map<String, ?> body :
        List.<Map<String, ?>>of(
            Map.of(),
            Map.of("reason", " "),
            Map.of("reason", "x".repeat(501)),
            Map.of("reason", "a\u001b[2Jb"))) {
      Answer answer = act(agent, "isolate", token, body);
      api.describes(answer);
      assertThat(answer.status()).isEqualTo(422);
    }
    assertThat(
            act(agent, "release", token, Map.of("reason", "x", "isolation_ids", List.of()))
                .status())
        .isEqualTo(422);
  }

  private int isolate(TestAgent agent, String token) {
    Answer answer = act(agent, "isolate", token, Map.of("reason", "fire"));
    api.describes(answer);
    return answer.status();
  }

  private Answer act(TestAgent agent, String verb, String token, Map<String, ?> body) {
    return Http.post(at(agent.id.toString(), verb), body, "Authorization", "Bearer " + token);
  }

  private URI at(String agent, String verb) {
    return fixture.enclave().agentUrl().resolve("/v1/operator/agents/" + agent + "/" + verb);
  }

  private TokenOf operatorToken(SigningKey key) {
    Instant now = CLOCK.instant();
    return new TokenOf(
        key,
        new OperatorClaims(
            "urn:redoubt:control-plane",
            OperatorClaims.AUDIENCE,
            "mem_1",
            "cli_1",
            fixture.organization,
            Set.of("agents:manage"),
            "jti",
            now,
            now.plusSeconds(900)));
  }

  /** A token of the control plane's, and what may be wrong with it. */
  private record TokenOf(SigningKey key, OperatorClaims claims) {
    String sign() {
      return claims.sign(key);
    }

    TokenOf with(String issuer) {
      return copy(issuer, claims.organization(), claims.permissions(), claims.expiresAt());
    }

    TokenOf of(OrganizationId organization) {
      return copy(claims.issuer(), organization, claims.permissions(), claims.expiresAt());
    }

    TokenOf mayOnly(String permission) {
      return copy(claims.issuer(), claims.organization(), Set.of(permission), claims.expiresAt());
    }

    TokenOf expired() {
      return copy(
          claims.issuer(),
          claims.organization(),
          claims.permissions(),
          CLOCK.instant().minusSeconds(1));
    }

    TokenOf since(Instant secretFrom) {
      return new TokenOf(
          key,
          new OperatorClaims(
              claims.issuer(),
              claims.audience(),
              claims.subject(),
              claims.client(),
              claims.organization(),
              claims.permissions(),
              claims.jti(),
              claims.issuedAt(),
              claims.expiresAt(),
              null,
              secretFrom));
    }

    private TokenOf copy(
        String issuer, OrganizationId organization, Set<String> permissions, Instant expiresAt) {
      return new TokenOf(
          key,
          new OperatorClaims(
              issuer,
              claims.audience(),
              claims.subject(),
              claims.client(),
              organization,
              permissions,
              claims.jti(),
              claims.issuedAt(),
              expiresAt));
    }
  }
}
