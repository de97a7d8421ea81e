package io.redoubt.enclave.agentapi;

import static java.util.function.Predicate.isEqual;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.ApiDescription;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AgentEndpointTest {
  private final EnclaveFixture fixture = EnclaveFixture.shared();
  private final ApiDescription api =
      new ApiDescription(Http.get(fixture.enclave().agentUrl().resolve("/openapi.json")).json());

  @Test
  void discoverSaysWhatAnAgentMustKnowAndNothingNeedsACredentialForIt() {
    Answer discovery = Http.get(fixture.enclave().agentUrl().resolve("/v1/agent/discover"));

    api.describes(discovery);
    assertThat(discovery.status()).isEqualTo(200);
    assertThat(discovery.text("enclave_id")).isEqualTo(fixture.controlPlane.enclave.toString());
    assertThat(discovery.json().path("jwks").path("keys")).isNotEmpty();
    assertThat(discovery.json().path("endpoints").path("egress").isNull()).isTrue();
    assertThat(discovery.json().path("endpoints").path("llm").asText())
        .isEqualTo(fixture.enclave().actingUrl().toString());
    Answer keys = Http.get(fixture.enclave().agentUrl().resolve(discovery.text("jwks_uri")));
    api.describes(keys);
    assertThat(keys.json()).isEqualTo(discovery.json().get("jwks"));
  }

  @Test
  void whatBecomesOfIdentitiesIsCounted() {
    double granted = counted("token:bootstrap", "done");
    double used = counted("token:bootstrap", "bootstrap-token-used");
    double rotated = counted("token:refresh", "done");
    double replayed = counted("token:replay", "refresh-token-replayed");
    TestAgent agent = fixture.agent();
    String first = agent.bootstrap().text("refresh_token");
    assertThat(agent.bootstrap().status()).isEqualTo(409);
    assertThat(agent.refresh(first).status()).isEqualTo(200);
    assertThat(agent.refresh(first).status()).isEqualTo(409);

    assertThat(counted("token:bootstrap", "done") - granted).isEqualTo(1);
    assertThat(counted("token:bootstrap", "bootstrap-token-used") - used).isEqualTo(1);
    assertThat(counted("token:refresh", "done") - rotated).isEqualTo(1);
    assertThat(counted("token:replay", "refresh-token-replayed") - replayed).isEqualTo(1);
  }

  private double counted(String operation, String result) {
    String line =
        "redoubt_identity_total{operation=\"" + operation + "\",result=\"" + result + "\"} ";
    return Http.get(fixture.enclave().managementUrl().resolve("/metrics"))
        .body()
        .lines()
        .filter(it -> it.startsWith(line))
        .mapToDouble(it -> Double.parseDouble(it.substring(line.length())))
        .sum();
  }

  @Test
  void aBootstrapTokenBuysOneIdentity() {
    TestAgent agent = fixture.agent();

    Answer answer = agent.bootstrap();

    api.describes(answer);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text("agent_id")).isEqualTo(agent.id.toString());
    assertThat(answer.text("token_type")).isEqualTo("Bearer");
    assertThat(answer.json().path("expires_in").asInt()).isEqualTo(300);
    assertThat(answer.json().path("secrets").isObject()).isTrue();
    AgentToken refresh =
        AgentToken.parse(AgentToken.Kind.REFRESH, answer.text("refresh_token")).orElseThrow();
    assertThat(refresh.familyId()).isEqualTo(agent.bootstrapToken.familyId());
    AuditRecord record =
        fixture.controlPlane.awaitAudit(agent.organization, of(agent, "token:bootstrap"));
    assertThat(record.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(record.plane()).isEqualTo(Plane.IDENTITY);
    assertThat(record.owner()).isEqualTo("mem_owner");
    assertThat(record.node()).isEqualTo("node-1");
  }

  @Test
  void aBootstrapTokenIsBurnedByItsFirstUse() {
    TestAgent agent = fixture.agent();
    agent.bootstrap();

    Answer second = agent.bootstrap();

    api.describes(second);
    assertThat(second.status()).isEqualTo(409);
    assertThat(second.problem()).isEqualTo("bootstrap-token-used");
    assertThat(
            fixture
                .controlPlane
                .awaitAudit(
                    agent.organization,
                    of(agent, "token:bootstrap").and(it -> it.verdict() == Verdict.DENY))
                .detail())
        .isEqualTo("bootstrap-token-used");
  }

  @Test
  void aTokenThatNobodyOfferedIsRefusedOnceTheControlPlaneIsHeardOut() {
    var organization = fixture.organization;
    var unknown =
        AgentToken.mint(
            AgentToken.Kind.BOOTSTRAP,
            FamilyHandle.create(organization, AgentId.next(Clock.systemUTC())));

    Answer answer =
        Http.post(
            fixture.enclave().agentUrl().resolve("/v1/agent/bootstrap"),
            Map.of("bootstrap_token", unknown.reveal()));

    api.describes(answer);
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.problem()).isEqualTo("bootstrap-token-invalid");
  }

  @Test
  void aRefreshTokenIsSpentForItsSuccessor() {
    TestAgent agent = fixture.agent();
    Answer first = agent.bootstrap();

    Answer second = agent.refresh(first.text("refresh_token"));
    Answer third = agent.refresh(second.text("refresh_token"));

    api.describes(second);
    assertThat(third.status()).isEqualTo(200);
    assertThat(second.text("refresh_token")).isNotEqualTo(first.text("refresh_token"));
    assertThat(second.json().has("secrets")).isFalse();
    Answer self = agent.self(third.text("access_token"));
    api.describes(self);
    assertThat(self.text("status")).isEqualTo("active");
    fixture.controlPlane.awaitAudit(agent.organization, of(agent, "token:refresh"));
  }

  @Test
  void aSpentTokenKillsItsFamilyAndWithinASecondItsAccessTokens() {
    TestAgent agent = fixture.agent();
    Answer first = agent.bootstrap();
    Answer second = agent.refresh(first.text("refresh_token"));
    assertThat(agent.self(second.text("access_token")).status()).isEqualTo(200);

    Answer replay = agent.refresh(first.text("refresh_token"));

    api.describes(replay);
    assertThat(replay.status()).isEqualTo(409);
    assertThat(replay.problem()).isEqualTo("refresh-token-replayed");
    await()
        .atMost(Duration.ofSeconds(1))
        .until(() -> agent.self(second.text("access_token")).status(), isEqual(401));
    Answer dead = agent.refresh(second.text("refresh_token"));
    api.describes(dead);
    assertThat(dead.status()).isEqualTo(401);
    assertThat(dead.problem()).isEqualTo("refresh-token-invalid");
    AuditRecord record =
        fixture.controlPlane.awaitAudit(agent.organization, of(agent, "token:replay"));
    assertThat(record.verdict()).isEqualTo(Verdict.DENY);
  }

  @Test
  void anAccessTokenThatIsNotHonouredAnyLongerIsRefusedOnTheRecord() {
    TestAgent agent = fixture.agent();
    String access = agent.bootstrap().text("access_token");
    fixture.controlPlane.awaitApplied(
        fixture.controlPlane.say(
            agent.organization,
            new LinkCommand.RevokeToken(agent.id, TestAgent.jti(access), "it leaked", "mem_1")));

    Answer self = agent.self(access);

    api.describes(self);
    assertThat(self.status()).isEqualTo(401);
    AuditRecord record =
        fixture.controlPlane.awaitAudit(agent.organization, of(agent, "token:self"));
    assertThat(record.verdict()).isEqualTo(Verdict.DENY);
    assertThat(record.detail()).isEqualTo("credential-invalid");
    assertThat(record.resource()).isEqualTo(agent.bootstrapToken.familyId().toString());
  }

  @Test
  void aCommittedRequestMayBeRepeatedAndGetsTheSameIdentity() {
    TestAgent agent = fixture.agent();
    AgentToken first = agent.ownToken();
    AgentToken second = agent.ownToken();

    Answer bootstrapped = agent.bootstrap(first);
    Answer bootstrappedAgain = agent.bootstrap(first);
    Answer rotated = agent.refresh(first.reveal(), second.digest());
    Answer rotatedAgain = agent.refresh(first.reveal(), second.digest());

    api.describes(rotatedAgain);
    assertThat(bootstrapped.json().has("refresh_token")).isFalse();
    assertThat(claims(bootstrappedAgain)).isEqualTo(claims(bootstrapped));
    assertThat(rotated.json().has("refresh_token")).isFalse();
    assertThat(claims(rotatedAgain)).isEqualTo(claims(rotated));
    assertThat(agent.refresh(second.reveal()).status()).isEqualTo(200);
    fixture.controlPlane.awaitAudit(
        agent.organization, of(agent, "token:refresh").and(it -> "repeated".equals(it.detail())));
  }

  @Test
  void aCommittedRequestIsRepeatedThreeTimesAndNoMore() {
    TestAgent agent = fixture.agent();
    AgentToken first = agent.ownToken();
    AgentToken second = agent.ownToken();
    agent.bootstrap(first);
    agent.refresh(first.reveal(), second.digest());

    for (int repeat = 0; repeat < 3; repeat++) {
      assertThat(agent.refresh(first.reveal(), second.digest()).status()).isEqualTo(200);
    }

    assertThat(agent.refresh(first.reveal(), second.digest()).problem())
        .isEqualTo("refresh-token-replayed");
  }

  @Test
  void anotherCommitmentForTheSameTokenIsAReplay() {
    TestAgent agent = fixture.agent();
    AgentToken first = agent.ownToken();
    agent.bootstrap(first);
    agent.refresh(first.reveal(), agent.ownToken().digest());

    Answer other = agent.refresh(first.reveal(), agent.ownToken().digest());

    assertThat(other.problem()).isEqualTo("refresh-token-replayed");
  }

  @Test
  void aRepeatedBootstrapWhoseTokenIsInUseComesTooLate() {
    TestAgent agent = fixture.agent();
    AgentToken first = agent.ownToken();
    agent.bootstrap(first);
    agent.refresh(first.reveal(), agent.ownToken().digest());

    assertThat(agent.bootstrap(first).problem()).isEqualTo("bootstrap-token-used");
  }

  @Test
  void aTokenCannotCommitToItself() {
    TestAgent agent = fixture.agent();
    AgentToken first = agent.ownToken();
    agent.bootstrap(first);

    Answer answer = agent.refresh(first.reveal(), first.digest());

    api.describes(answer);
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.json().at("/errors/0/pointer").asText())
        .isEqualTo("/next_refresh_token_digest");
    assertThat(agent.refresh(first.reveal()).status()).isEqualTo(200);
  }

  @Test
  void aSourceOutsideTheAgentsBlocksIsRefusedAndNothingIsSpent() {
    TestAgent agent = fixture.agent(fixture.organization, List.of(Cidr.parse("203.0.113.0/24")));

    Answer answer = agent.bootstrap();

    api.describes(answer);
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.problem()).isEqualTo("source-address-not-allowed");
    // Not burned: a second attempt is told the same, and not that the token was used.
    assertThat(agent.bootstrap().problem()).isEqualTo("source-address-not-allowed");
    fixture.controlPlane.awaitAudit(
        agent.organization,
        of(agent, "token:bootstrap").and(it -> "source-address-not-allowed".equals(it.detail())));
  }

  @Test
  void theTokenOfAnAgentWithAsManyBlocksAsItMayHaveIsHonoured() {
    var blocks = new ArrayList<Cidr>();
    for (int i = 0; i < 99; i++) {
      blocks.add(Cidr.parse("fd00:aaaa:bbbb:cccc:dddd:eeee:ffff:%04x/128".formatted(0x1000 + i)));
    }
    blocks.add(Cidr.parse("127.0.0.1/32"));
    TestAgent agent = fixture.agent(fixture.organization, blocks);

    Answer answer = agent.bootstrap();

    assertThat(answer.status()).isEqualTo(200);
    String access = answer.text("access_token");
    assertThat(access.length()).as("its length").isBetween(6_000, 8_000);
    Answer self = agent.self(access);
    api.describes(self);
    assertThat(self.status()).isEqualTo(200);
    assertThat(agent.message(access).status()).isEqualTo(200);
  }

  @Test
  void aFamilyThatIsBoundToAKeyNeedsTheProofAtEveryUse() {
    TestAgent agent = fixture.agent();
    var key = new DpopKey();
    Answer bound =
        Http.post(
            agent.at("bootstrap"),
            Map.of("bootstrap_token", agent.bootstrapToken.reveal()),
            "DPoP",
            key.proof("POST", agent.at("bootstrap"), null));
    assertThat(bound.text("token_type")).isEqualTo("DPoP");
    String refresh = bound.text("refresh_token");

    Answer without = agent.refresh(refresh);
    Answer byAnother =
        Http.post(
            agent.at("refresh"),
            Map.of("refresh_token", refresh),
            "DPoP",
            new DpopKey().proof("POST", agent.at("refresh"), null));
    Answer forAnotherAddress =
        Http.post(
            agent.at("refresh"),
            Map.of("refresh_token", refresh),
            "DPoP",
            key.proof("POST", agent.at("bootstrap"), null));
    Answer proven =
        Http.post(
            agent.at("refresh"),
            Map.of("refresh_token", refresh),
            "DPoP",
            key.proof("POST", agent.at("refresh"), null));

    for (Answer refused : List.of(without, byAnother, forAnotherAddress)) {
      api.describes(refused);
      assertThat(refused.problem()).isEqualTo("proof-of-possession-invalid");
    }
    assertThat(proven.status()).isEqualTo(200);
    String access = proven.text("access_token");
    assertThat(agent.self(access).status()).isEqualTo(401);
    assertThat(
            Http.get(
                    agent.at("self"),
                    "Authorization",
                    "DPoP " + access,
                    "DPoP",
                    key.proof("GET", agent.at("self"), access))
                .status())
        .isEqualTo(200);
  }

  @Test
  void ofManyConcurrentUsesOfOneTokenOneAtMostSucceeds() throws Exception {
    List<TestAgent> agents = Stream.generate(fixture::agent).limit(10).toList();
    int rounds = 20;
    int trial = 0;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < rounds; round++) {
        // To all of them at once, since it takes a while until the enclave has heard of a token.
        List<AgentToken> offered =
            agents.stream()
                .map(it -> fixture.offer(it.organization, it.id, Duration.ofHours(1)))
                .toList();
        fixture.controlPlane.awaitApplied(fixture.controlPlane.lastNumber());
        for (AgentToken token : offered) {
          int uses = 2 + trial % 7;
          long successes = successesAtOnce(threads, agents.getFirst(), token, uses);
          assertThat(successes).as("trial %s with %s uses", trial, uses).isLessThanOrEqualTo(1);
          trial++;
        }
      }
    }
  }

  private static long successesAtOnce(
      ExecutorService threads, TestAgent agent, AgentToken bootstrapToken, int uses)
      throws Exception {
    String refresh =
        Http.post(agent.at("bootstrap"), Map.of("bootstrap_token", bootstrapToken.reveal()))
            .text("refresh_token");
    var start = new CyclicBarrier(uses);
    List<Callable<Answer>> all = new ArrayList<>();
    for (int use = 0; use < uses; use++) {
      all.add(() -> {
        start.await();
        return agent.refresh(refresh);
      });
    }
    long successes = 0;
    for (var answer : threads.invokeAll(all)) {
      int status = answer.get().status();
      assertThat(status).isIn(200, 409, 401);
      successes += status == 200 ? 1 : 0;
    }
    return successes;
  }

  @Test
  void theControlPlaneHearsWhichAgentsAreSeen() {
    TestAgent agent = fixture.agent();
    agent.bootstrap();

    await()
        .atMost(Duration.ofSeconds(5))
        .until(() ->
            fixture.controlPlane.reports.stream()
                .anyMatch(it ->
                    it instanceof LinkReport.AgentSeen seen
                        && seen.agentId().equals(agent.id)
                        && seen.lastSeenAt() != null));
  }

  @Test
  void everyDescribedRouteExists() {
    api.document()
        .path("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .properties()
                .forEach(operation -> {
                  if (!operation.getKey().equals("parameters")) {
                    String uri = path.getKey().replace("{id}", "agt_0");
                    Answer answer =
                        operation.getKey().equals("get")
                            ? Http.get(fixture.enclave().agentUrl().resolve(uri))
                            : Http.post(fixture.enclave().agentUrl().resolve(uri), Map.of());
                    assertThat(answer.status()).as(uri).isNotIn(404, 405);
                    api.describes(answer);
                  }
                }));
  }

  private static Predicate<AuditRecord> of(TestAgent agent, String operation) {
    return record -> agent.id.equals(record.agentId()) && operation.equals(record.operation());
  }

  /** Without the signature, which differs each time. */
  private static AccessClaims claims(Answer answer) {
    String token = answer.text("access_token");
    assertThat(Jws.parse(Jws.Type.AGENT_ACCESS, token, 4096)).isPresent();
    return AccessClaims.read(Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]))
        .orElseThrow();
  }
}
