package io.redoubt.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.redoubt.action.Act;
import io.redoubt.agent.Agent.Denied;
import io.redoubt.agent.Agent.Permitted;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Refused;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.link.WorkingHours;
import io.redoubt.protocol.policy.PolicyDocument;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What an agent did before counts, whoever did the counting. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentSessionTest {
  private static final PolicyDocument AT_MOST_TWO =
      new PolicyDocument(
          "at-most-two",
          """
          forbid (principal, action == Action::"llm:generate", resource)
          when { context.session.counts["llm:generate claude-sonnet within 1h"] >= 2 };
          """);

  private final AgentFixture it = new AgentFixture();

  @BeforeEach
  void activate() {
    it.forget();
    it.activate();
  }

  @AfterAll
  void shutDown() {
    it.close();
  }

  private Reply decide() {
    return it.decide(it.call("claude-sonnet")).reply();
  }

  private Act earlier(long secondsAgo) {
    return new Act(
        AgentFixture.NOW.minusSeconds(secondsAgo),
        "llm:generate",
        "claude-sonnet",
        Verdict.PERMIT,
        secondsAgo);
  }

  @Test
  void eachActionSeesTheOnesBefore() {
    it.policies.run(2, Starter.DOCUMENT, AT_MOST_TWO);

    var replies = new ArrayList<Reply>();
    for (int i = 0; i < 4; i++) {
      replies.add(decide());
    }

    assertThat(replies.subList(0, 2)).hasOnlyElementsOfType(Permitted.class);
    assertThat(replies.subList(2, 4)).hasOnlyElementsOfType(Denied.class);
  }

  /** Not after reading the secrets; and refusals there are plenty of. */
  private void mayNotSendAfterReading() {
    it.policies.run(
        2,
        Starter.DOCUMENT,
        new PolicyDocument(
            "no-sending",
            """
            forbid (principal, action == Action::"llm:generate", resource == Model::"claude-send")
            when { context.session.operations.contains("llm:generate claude-secrets") };
            """));
  }

  @Test
  void refusedCallsDoNotWashAwayWhatWasDone() {
    mayNotSendAfterReading();
    assertThat(it.decide(it.call("claude-secrets")).reply()).isInstanceOf(Permitted.class);
    for (int i = 0; i < 150; i++) {
      assertThat(it.decide(it.call("claude-old")).reply()).isInstanceOf(Denied.class);
    }

    assertThat(it.decide(it.call("claude-send")).reply()).isInstanceOf(Denied.class);
  }

  @Test
  void norDoTheyOfWhatARecoveredAgentReadsBack() {
    mayNotSendAfterReading();
    var acts = new ArrayList<Act>();
    acts.add(
        new Act(
            AgentFixture.NOW.minusSeconds(900),
            "llm:generate",
            "claude-secrets",
            Verdict.PERMIT,
            1));
    for (int i = 0; i < 150; i++) {
      acts.add(
          new Act(
              AgentFixture.NOW.minusSeconds(800 - i),
              "llm:generate",
              "claude-old",
              Verdict.DENY,
              i));
    }
    it.history.has(acts);
    it.agent.restart();

    assertThat(it.decide(it.call("claude-send")).reply()).isInstanceOf(Denied.class);
  }

  @Test
  void whatIsLongAgoDoesNotCount() {
    it.policies.run(2, Starter.DOCUMENT, AT_MOST_TWO);
    decide();
    decide();

    it.clock.set(AgentFixture.NOW.plusSeconds(3601));

    assertThat(decide()).isInstanceOf(Permitted.class);
  }

  @Test
  void aRecoveredAgentKnowsWhatItDid() {
    it.policies.run(2, Starter.DOCUMENT, AT_MOST_TWO);
    it.history.has(List.of(earlier(7200), earlier(60), earlier(30)));
    it.agent.restart();

    assertThat(decide()).isInstanceOf(Denied.class);
  }

  /** The log as it is once nobody can write below the fence any more. */
  private void predecessorsActIsThereBehindTheFence(long fence) {
    it.history.hasThen(() ->
        it.fences.current(it.key).orElse(0) >= fence
            ? List.of(earlier(60), earlier(1))
            : List.of(earlier(60)));
  }

  @Test
  void whatAPredecessorPermittedAMomentAgoIsWaitedFor() {
    it.policies.run(2, Starter.DOCUMENT, AT_MOST_TWO);
    predecessorsActIsThereBehindTheFence(2);
    it.agent.restart();

    var ran = it.decide(it.call("claude-sonnet"));

    assertThat(ran.reply()).isInstanceOf(Denied.class);
    assertThat(it.fences.current(it.key)).hasValue(2);
    assertThat(decide()).isInstanceOf(Denied.class);
    assertThat(it.fences.current(it.key)).as("raised once").hasValue(2);
  }

  @Test
  void whereNoPolicyGoesByItNoFenceIsRaised() {
    it.agent.restart();

    assertThat(decide()).isInstanceOf(Permitted.class);
    assertThat(it.fences.current(it.key)).hasValue(1);
  }

  @Test
  void oncePoliciesGoByItItIsReadAnewBehindTheFence() {
    predecessorsActIsThereBehindTheFence(2);
    it.agent.restart();
    assertThat(decide()).isInstanceOf(Permitted.class);

    it.policies.run(2, Starter.DOCUMENT, AT_MOST_TWO);

    assertThat(decide()).isInstanceOf(Denied.class);
  }

  @Test
  void whereTheFenceCannotBeRaisedNothingIsPermittedByPoliciesThatGoByIt() {
    var hasty = new AgentFixture(AgentFixture.impatient());
    try {
      hasty.activate();
      hasty.policies.run(2, Starter.DOCUMENT, AT_MOST_TWO);
      hasty.fences.outage.block();

      assertThat(hasty.decide(hasty.call("claude-sonnet")).reply())
          .isEqualTo(new Refused(Refusal.UNAVAILABLE));
      hasty.fences.outage.end();
    } finally {
      hasty.close();
    }
  }

  @Test
  void whereTheLogCannotBeReadNothingIsPermittedUntilItCan() {
    it.history.fail(new IllegalStateException("the database is away"));
    it.agent.restart();

    assertThat(decide()).isEqualTo(new Refused(Refusal.UNAVAILABLE));

    it.history.clear();
    assertThat(decide()).isInstanceOf(Permitted.class);
  }

  @Test
  void aQuestionThatNobodyWaitsForIsNoPartOfTheSession() {
    it.policies.run(2, Starter.DOCUMENT, AT_MOST_TWO);
    var past = AgentFixture.NOW.minusMillis(1);
    for (int i = 0; i < 3; i++) {
      it.start(replyTo -> new Agent.Decide(it.call("claude-sonnet"), it.family, past, replyTo))
          .expectNoMessage(Duration.ZERO);
    }

    assertThat(decide()).isInstanceOf(Permitted.class);
  }

  @Test
  void aLogThatIsSilentForTooLongRefuses() {
    var brief =
        ConfigFactory.parseString("redoubt.agent.entity.ask-timeout = 50 ms")
            .withFallback(ConfigFactory.load());
    var hasty = new AgentFixture(AgentConfig.from(brief));
    try {
      hasty.activate();
      hasty.history.fallSilent();

      assertThat(hasty.decide(hasty.call("claude-sonnet")).reply())
          .isEqualTo(new Refused(Refusal.UNAVAILABLE));

      hasty.history.clear();
      assertThat(hasty.decide(hasty.call("claude-sonnet")).reply()).isInstanceOf(Permitted.class);
    } finally {
      hasty.close();
    }
  }

  @Test
  void riskIsTheSumOfItsReasonsAndPoliciesSeeIt() {
    it.policies.run(
        2,
        Starter.DOCUMENT,
        new PolicyDocument(
            "calm", "forbid (principal, action, resource) when { context.risk >= 20 };"));
    for (int i = 0; i < 5; i++) {
      assertThat(decide()).isInstanceOf(Permitted.class);
    }

    assertThat(decide())
        .isInstanceOfSatisfying(
            Denied.class,
            denied -> {
              var judgement = Objects.requireNonNull(denied.judgement());
              assertThat(judgement.risk().explained()).isEqualTo("risk 20: loop 20");
              assertThat(judgement.decision().policyIds()).containsExactly("calm");
            });
  }

  @Test
  void theHoursAreThoseOfTheOrganization() {
    var counting =
        new AgentFixture(
            AgentConfig.from(
                ConfigFactory.parseString("redoubt.agent.risk.off-hours = 10")
                    .withFallback(ConfigFactory.load())));
    try {
      counting.activate();
      counting.policies.work(new WorkingHours("UTC", "00:00", "00:01", List.of()));

      assertThat(counting.decide(counting.call("claude-sonnet")).reply())
          .isInstanceOfSatisfying(
              Permitted.class,
              permitted ->
                  assertThat(Objects.requireNonNull(permitted.judgement()).risk().explained())
                      .isEqualTo("risk 10: off-hours 10"));
    } finally {
      counting.close();
    }
  }
}
