package io.redoubt.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.action.Act;
import io.redoubt.action.Arguments;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent.Answer;
import io.redoubt.agent.Agent.DecideTogether;
import io.redoubt.agent.Agent.Decided;
import io.redoubt.agent.Agent.Denial;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.policy.PolicyDocument;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The tool calls of one reply are decided together, one after the other. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentToolCallTest {
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

  private GovernedAction toolCall(String tool, Arguments arguments) {
    return new GovernedAction(
        ActionId.next(it.clock),
        Plane.TOOL,
        "tool:call",
        tool,
        null,
        AgentFixture.FIRST.toString(),
        AgentFixture.INSIDE,
        false,
        Set.of(),
        arguments);
  }

  private GovernedAction transfer(String arguments) {
    return toolCall("transfer", Arguments.parse(arguments.getBytes(StandardCharsets.UTF_8)));
  }

  private Reply ask(GovernedAction... calls) {
    return it.run(replyTo ->
            new DecideTogether(Arrays.asList(calls), it.family, it.clock.instant(), replyTo))
        .reply();
  }

  private List<Answer> answers(GovernedAction... calls) {
    var reply = ask(calls);
    assertThat(reply).isInstanceOf(Decided.class);
    var decided = (Decided) reply;
    assertThat(decided.spec()).isEqualTo(it.spec);
    assertThat(decided.fence()).isEqualTo(it.fences.current(it.key).orElseThrow());
    return decided.answers();
  }

  private static List<String> errors(Answer answer) {
    return Objects.requireNonNull(answer.judgement()).decision().errors();
  }

  @Test
  void theStarterPermitsThem() {
    assertThat(answers(transfer("{}"), transfer("{\"amount\":7}")))
        .containsOnly(new Answer(null, AgentFixture.byStarter()));
  }

  @Test
  void policiesSeeTheArguments() {
    it.policies.run(
        2,
        Starter.DOCUMENT,
        new PolicyDocument(
            "small-sums",
            """
            forbid (principal, action == Action::"tool:call", resource == Tool::"transfer")
            when { context.args has amount && context.args.amount > 1000 };
            """));

    var answers =
        answers(
            transfer("{\"amount\":7}"),
            transfer("{\"amount\":7000}"),
            transfer("{\"amount\":\"7\"}"));

    assertThat(answers)
        .extracting(Answer::denial)
        .containsExactly(null, Denial.POLICY, Denial.POLICY);
    assertThat(Objects.requireNonNull(answers.get(1).judgement()).decision().policyIds())
        .containsExactly("small-sums");
    assertThat(errors(answers.get(2))).singleElement().asString().contains("context.args.amount");
  }

  @Test
  void whatCannotBeJudgedIsDeniedWhateverThePoliciesSay() {
    var answers = answers(transfer("{\"a\":1,\"a\":2}"), transfer("{}"));

    assertThat(answers).extracting(Answer::denial).containsExactly(Denial.POLICY, null);
    assertThat(errors(answers.getFirst()))
        .containsExactly("the arguments cannot be judged: a name twice");
  }

  @Test
  void eachSeesTheOnesBeforeIt() {
    it.policies.run(
        2,
        Starter.DOCUMENT,
        new PolicyDocument(
            "two-only",
            """
            forbid (principal, action == Action::"tool:call", resource == Tool::"transfer")
            when { context.session.counts["tool:call transfer within 1h"] >= 2 };
            """));

    assertThat(answers(transfer("{}"), transfer("{}"), transfer("{}")))
        .extracting(Answer::denial)
        .containsExactly(null, null, Denial.POLICY);
    assertThat(answers(transfer("{}"), toolCall("weather", Arguments.NONE)))
        .extracting(Answer::denial)
        .containsExactly(Denial.POLICY, null);
  }

  @Test
  void theCallsOfOneReplyAreDecidedByOneVersionThoughAnotherBeginsToRunMeanwhile() {
    answers(transfer("{}")); // its session is known
    it.policies.runFromSecondQuestion(2);

    assertThat(answers(transfer("{}"), transfer("{}"), transfer("{}")))
        .containsOnly(new Answer(null, AgentFixture.byStarter()));
    assertThat(answers(transfer("{}"), transfer("{}")))
        .as("the next reply's")
        .extracting(answer -> Objects.requireNonNull(answer.judgement()).bundleVersion())
        .containsOnly(2L);
  }

  @Test
  void whatNeedsAnApprovalSaysSo() {
    it.policies.run(
        2,
        Starter.DOCUMENT,
        new PolicyDocument(
            "ask",
            "@escalate(\"sums\") forbid (principal, action == Action::\"tool:call\", resource)"
                + " unless { context has approval };"));

    assertThat(answers(transfer("{}")))
        .extracting(Answer::denial)
        .containsExactly(Denial.APPROVAL_NEEDED);
  }

  private Answer considered(GovernedAction call) {
    var reply = it.run(replyTo -> new Agent.Consider(call, it.clock.instant(), replyTo)).reply();
    assertThat(reply).isInstanceOf(Decided.class);
    assertThat(((Decided) reply).fence()).as("under which no permit is written").isNegative();
    return ((Decided) reply).answers().getFirst();
  }

  private static String identity(Answer answer) {
    return Objects.requireNonNull(Objects.requireNonNull(answer.judgement()).asking()).identity();
  }

  @Test
  void whatIsOnlyConsideredIsJudgedAndNoPartOfWhatTheAgentDid() {
    it.policies.run(
        2,
        Starter.DOCUMENT,
        new PolicyDocument(
            "once",
            """
            forbid (principal, action == Action::"tool:call", resource == Tool::"transfer")
            when { context.session.counts["tool:call transfer within 1h"] >= 1 };
            """),
        new PolicyDocument(
            "small-sums",
            """
            @escalate("sums") forbid (principal, action == Action::"tool:call", resource)
            when { context.args has amount && context.args.amount > 1000 }
            unless { context has approval };
            """));

    var large = considered(transfer("{\"amount\":7000}"));
    var small = considered(transfer("{\"amount\":7}"));

    assertThat(large.denial()).isEqualTo(Denial.APPROVAL_NEEDED);
    assertThat(small.denial()).isNull();
    assertThat(identity(small)).isNotEqualTo(identity(large));
    assertThat(answers(transfer("{\"amount\":7}"))).extracting(Answer::denial).containsNull();
    assertThat(considered(transfer("{\"amount\":7}")).denial())
        .as("now it has done so")
        .isEqualTo(Denial.POLICY);
    it.isolate(it.isolationId());
    assertThat(considered(transfer("{}")).denial()).isEqualTo(Denial.NOT_ACTIVE);
  }

  @Test
  void anIsolatedAgentsAreDenied() {
    it.isolate(it.isolationId());

    assertThat(((Decided) ask(transfer("{}"), transfer("{}"))).answers())
        .containsOnly(new Answer(Denial.NOT_ACTIVE, null));
  }

  @Test
  void withoutKnownPoliciesNoneIsPermitted() {
    it.policies.lose();

    assertThat(answers(transfer("{}"))).containsExactly(new Answer(Denial.POLICIES_UNKNOWN, null));
  }

  @Test
  void aRecoveredAgentKnowsWhatItDidBeforeItAnswers() {
    it.policies.run(
        2,
        Starter.DOCUMENT,
        new PolicyDocument(
            "first-read",
            """
            forbid (principal, action == Action::"tool:call", resource == Tool::"transfer")
            unless { context.session.operations.contains("tool:call weather") };
            """));
    assertThat(answers(transfer("{}"))).extracting(Answer::denial).containsExactly(Denial.POLICY);

    it.history.has(
        List.of(
            new Act(AgentFixture.NOW.minusSeconds(9), "tool:call", "weather", Verdict.PERMIT, 1)));
    it.agent.restart();

    assertThat(answers(transfer("{}")).getFirst().denial()).isNull();
  }

  @Test
  void aQuestionThatNobodyWaitsForIsNotAnswered() {
    var past = AgentFixture.NOW.minusMillis(1);

    it.start(replyTo -> new DecideTogether(List.of(transfer("{}")), it.family, past, replyTo))
        .expectNoMessage(Duration.ZERO);
  }
}
