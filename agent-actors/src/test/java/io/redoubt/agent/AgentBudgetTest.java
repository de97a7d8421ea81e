package io.redoubt.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.action.Approved;
import io.redoubt.action.Estimate;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent.BudgetOpened;
import io.redoubt.agent.Agent.BudgetTallied;
import io.redoubt.agent.Agent.Configure;
import io.redoubt.agent.Agent.Denial;
import io.redoubt.agent.Agent.Denied;
import io.redoubt.agent.Agent.Describe;
import io.redoubt.agent.Agent.Description;
import io.redoubt.agent.Agent.Permitted;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Refused;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.agent.Agent.Settle;
import io.redoubt.budget.Limit;
import io.redoubt.budget.OrganizationBudget.DayUse;
import io.redoubt.budget.OrganizationBudget.Draw;
import io.redoubt.budget.OrganizationBudget.GiveBack;
import io.redoubt.budget.OrganizationBudget.Turn;
import io.redoubt.budget.Shortage;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.policy.PolicyDocument;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** An agent with a budget never has more permitted than that, whatever gets lost. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentBudgetTest {
  private static final Budget THOUSAND = new Budget(null, null, 1_000L, null);

  private final AgentFixture it = new AgentFixture();
  private long version;

  @BeforeEach
  void activate() {
    it.forget();
    version = it.spec.version();
    it.activate();
    it.decide(call(null)); // with which its session is read
    budget(THOUSAND);
  }

  @AfterAll
  void shutDown() {
    it.close();
  }

  private AgentSpec budget(Budget budget) {
    var of = it.spec;
    var spec =
        new AgentSpec(
            of.name(),
            of.owner(),
            of.labels(),
            of.clientCidr(),
            of.models(),
            of.mayBringCredential(),
            of.intent(),
            budget,
            ++version);
    it.run(replyTo -> new Configure(spec, null, replyTo));
    return spec;
  }

  private GovernedAction call(@Nullable Estimate estimate) {
    return it.call("claude-sonnet").costing(estimate);
  }

  private Reply decide(GovernedAction action) {
    return it.decide(action).reply();
  }

  private Reply ask(long tokens) {
    return decide(call(new Estimate(tokens, 0L)));
  }

  /** Permitted, and its intent is in the log. */
  private ActionId begin(long tokens) {
    var action = call(new Estimate(tokens, 0L));
    it.ledger.intend(action.id(), reserved(decide(action)));
    return action.id();
  }

  private static Reserved reserved(Reply reply) {
    assertThat(reply).isInstanceOf(Permitted.class);
    return Objects.requireNonNull(((Permitted) reply).reserved());
  }

  private void end(ActionId action, long tokens) {
    it.ledger.conclude(action, new Spend(tokens, 0));
    settle(action, tokens);
  }

  private void settle(ActionId action, long tokens) {
    it.run(replyTo -> new Settle(action, new Spend(tokens, 0), replyTo));
  }

  private static Shortage shortage(Reply reply) {
    assertThat(reply).isInstanceOf(Denied.class);
    var denied = (Denied) reply;
    assertThat(denied.why()).isEqualTo(Denial.OVER_BUDGET);
    return Objects.requireNonNull(denied.shortage());
  }

  @Test
  void aCallKeepsWhatItMayTakeAndIsChargedWhatItTook() {
    var first = begin(600);

    var denied = shortage(ask(401));
    end(first, 100);

    assertThat(denied)
        .isEqualTo(
            new Shortage(
                Shortage.Whose.AGENT, Limit.TOKENS_PER_DAY, 1_000, 0, 600, 401, midnight()));
    assertThat(reserved(ask(900)).number()).isEqualTo(2);
    shortage(ask(1));
  }

  private Instant midnight() {
    return today().plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private LocalDate today() {
    return LocalDate.ofInstant(it.clock.instant(), ZoneOffset.UTC);
  }

  @Test
  void anAgentWithoutABudgetPaysNothingForIt() {
    budget(Budget.NONE);

    var ran = it.decide(call(new Estimate(1_000_000, 1L)));

    assertThat(ran.events()).isEmpty();
    assertThat(((Permitted) ran.reply()).reserved()).isNull();
  }

  @Test
  void whatCostsNothingIsPermittedWithAnEmptyBudget() {
    budget(new Budget(null, null, 0L, null));

    assertThat(decide(call(null))).isInstanceOf(Permitted.class);
    shortage(ask(1));
  }

  @Test
  void moneyWithoutAPriceIsRefusedAndTokensWithoutOneAreNot() {
    var unpriced = new Estimate(10, null);

    assertThat(reserved(decide(call(unpriced))).tokens()).isEqualTo(10);

    budget(new Budget(1_000_000L, null, null, null));
    assertThat(decide(call(unpriced)))
        .isInstanceOfSatisfying(
            Denied.class, denied -> assertThat(denied.why()).isEqualTo(Denial.PRICE_UNKNOWN));
  }

  @Test
  void anIncarnationFindsWhatItsPredecessorReservedAndRaisesTheFenceBefore() {
    begin(600);
    long before = fence(ask(10));
    it.agent.restart();
    decide(call(null)); // with which its session is read

    var denied = it.decide(call(new Estimate(401, 0L)));

    assertThat(denied.events()).hasSize(1).first().isInstanceOf(BudgetOpened.class);
    assertThat(shortage(denied.reply()).reserved()).isEqualTo(600);
    assertThat(fence(ask(400))).isEqualTo(before + 1);
    assertThat(it.fences.current(it.key)).hasValue(before + 1);
  }

  private static long fence(Reply reply) {
    return ((Permitted) reply).fence();
  }

  @Test
  void whatWasPermittedAndNeverRecordedIsForgottenBehindTheFence() {
    reserved(ask(1_000));
    shortage(ask(1));

    it.agent.restart();

    assertThat(ask(1_000)).isInstanceOf(Permitted.class);
  }

  @Test
  void anIncarnationAsksForTheSameApprovalAsItsPredecessor() {
    it.policies.run(
        2,
        Starter.DOCUMENT,
        new PolicyDocument(
            "ask",
            "@escalate(\"default\") forbid (principal, action, resource)"
                + " unless { context has approval };"));
    var before = asking(ask(10));
    long fence = it.agent.getState().fence();
    it.agent.restart();
    decide(call(null)); // with which its session is read

    var after = asking(ask(10));

    assertThat(it.agent.getState().fence()).isGreaterThan(fence);
    assertThat(after).isEqualTo(before);
    var approved =
        new Approved(
            ApprovalId.next(it.clock), after.identity(), 1, Set.of("mem_ann"), AgentFixture.NOW);
    reserved(decide(call(new Estimate(10, 0L)).with(approved)));
  }

  private static Asking asking(Reply reply) {
    assertThat(reply).isInstanceOf(Denied.class);
    return Objects.requireNonNull(Objects.requireNonNull(((Denied) reply).judgement()).asking());
  }

  @Test
  void whereTheLogCannotBeReadNothingThatCostsIsPermittedUntilItCan() {
    it.ledger.outage.begin();
    long opened = it.decide(call(new Estimate(1, 0L))).events().size();

    var again = it.decide(call(new Estimate(1, 0L)));
    it.ledger.outage.end();

    assertThat(opened).isEqualTo(1);
    assertThat(again.reply()).isEqualTo(new Refused(Refusal.UNAVAILABLE));
    assertThat(again.events()).as("the fence is raised once").isEmpty();
    assertThat(ask(1)).isInstanceOf(Permitted.class);
  }

  @Test
  void anOutcomeWhoseWordGotLostIsLookedUp() {
    var first = begin(900);
    it.ledger.conclude(first, new Spend(50, 0));
    shortage(ask(200));

    it.clock.advance(Duration.ofMinutes(3));
    shortage(ask(200));

    assertThat(ask(200)).isInstanceOf(Permitted.class);
  }

  @Test
  void whatNeverReachedTheLogIsGivenUpOnlyBehindANewFence() {
    long fence = fence(ask(900));
    it.clock.advance(Duration.ofMinutes(3));
    shortage(ask(200));

    var opened = it.decide(call(new Estimate(200, 0L)));

    assertThat(opened.events()).hasSize(1).first().isInstanceOf(BudgetOpened.class);
    assertThat(fence(opened.reply())).isEqualTo(fence + 1);
  }

  @Test
  void aCallThatIsLongUnderWayKeepsItsReservation() {
    begin(900);
    it.clock.advance(Duration.ofMinutes(3));

    shortage(ask(200));
    shortage(ask(200));
  }

  @Test
  void aLowerBudgetHoldsAtOnceAndTakesNothingBack() {
    var first = begin(600);
    budget(new Budget(null, null, 500L, null));

    assertThat(shortage(ask(1)).allowed()).isEqualTo(500);
    end(first, 100);
    assertThat(ask(400)).isInstanceOf(Permitted.class);
  }

  @Test
  void aNewDayHasANewBudget() {
    begin(1_000);
    var reset = shortage(ask(1)).resets();

    it.clock.set(reset);

    assertThat(ask(1_000)).isInstanceOf(Permitted.class);
  }

  @Test
  void theBudgetComesBeforeThePoliciesAndWhatTheyDenyKeepsNothing() {
    shortage(ask(1_001));
    it.policies.run(2);
    shortage(ask(1_001));
    assertThat(ask(1_000))
        .isInstanceOfSatisfying(
            Denied.class, denied -> assertThat(denied.why()).isEqualTo(Denial.POLICY));

    it.policies.run(3, Starter.DOCUMENT);
    assertThat(ask(1_000)).isInstanceOf(Permitted.class);
  }

  @Test
  void policiesSeeTheEstimate() {
    budget(new Budget(null, null, 1_000_000L, null));
    it.policies.run(
        2,
        Starter.DOCUMENT,
        new PolicyDocument(
            "small",
            "forbid (principal, action, resource) when"
                + " { context has estimate && context.estimate.cents > 1 };"));

    assertThat(decide(call(new Estimate(10, 10_000L)))).isInstanceOf(Permitted.class);
    assertThat(decide(call(new Estimate(10, 10_001L)))).isInstanceOf(Denied.class);
  }

  @Test
  void whatHasNoPriceIsHeldToItsTokensAndToMoneyByNobodysGuess() {
    budget(new Budget(null, null, 1_000_000L, null));
    it.policies.run(
        2,
        Starter.DOCUMENT,
        new PolicyDocument(
            "small",
            "forbid (principal, action, resource) when"
                + " { context has estimate && context.estimate.tokens > 1000 };"));

    assertThat(decide(call(new Estimate(1_000, null)))).isInstanceOf(Permitted.class);
    assertThat(decide(call(new Estimate(1_001, null))))
        .isInstanceOfSatisfying(
            Denied.class,
            denied ->
                assertThat(Objects.requireNonNull(denied.judgement()).decision().policyIds())
                    .containsExactly("small"));

    it.policies.run(
        3,
        Starter.DOCUMENT,
        new PolicyDocument(
            "cheap",
            "forbid (principal, action, resource) when"
                + " { context has estimate && context.estimate.cents > 500 };"));

    assertThat(decide(call(new Estimate(1, null)))).as("nobody knows").isInstanceOf(Denied.class);
    assertThat(decide(call(new Estimate(1, 1L)))).isInstanceOf(Permitted.class);

    it.policies.run(
        4,
        Starter.DOCUMENT,
        new PolicyDocument(
            "cheap-if-known",
            "forbid (principal, action, resource) when { context has estimate &&"
                + " context.estimate has cents && context.estimate.cents > 500 };"));

    assertThat(decide(call(new Estimate(1, null)))).isInstanceOf(Permitted.class);
    assertThat(decide(call(new Estimate(1, 5_010_000L)))).isInstanceOf(Denied.class);
  }

  @Test
  void anIsolatedAgentDoesNotEvenOpenItsBooks() {
    it.isolate(it.isolationId());

    var ran = it.decide(call(new Estimate(1, 0L)));

    assertThat(ran.events()).isEmpty();
    assertThat(((Denied) ran.reply()).why()).isEqualTo(Denial.NOT_ACTIVE);
  }

  @Test
  void nowAndThenTheBooksAreWrittenDownSoThatLittleHasToBeRead() {
    budget(new Budget(null, null, 100_000L, null));
    var open = begin(10);
    for (int i = 0; i < 99; i++) {
      end(begin(10), 2);
    }
    var last = begin(10);
    it.ledger.conclude(last, new Spend(2, 0));

    var ran = it.run(replyTo -> new Settle(last, new Spend(2, 0), replyTo));

    assertThat(ran.event())
        .isInstanceOfSatisfying(
            BudgetTallied.class,
            tallied -> {
              assertThat(tallied.tally().upTo()).isEqualTo(101);
              assertThat(tallied.tally().today()).isEqualTo(new Spend(200, 0));
              assertThat(tallied.tally().openActions()).containsExactly(open);
            });
    it.agent.restart();
    assertThat(reserved(ask(1)).number()).isEqualTo(102);
    assertThat(spent()).isEqualTo(200);
  }

  private long spent() {
    return Objects.requireNonNull(((Description) it.run(Describe::new).reply()).spending())
        .today()
        .tokens();
  }

  @Test
  void anAgentDrawsOnItsOrganizationBeforeItSpends() {
    budget(Budget.NONE);
    it.organizations.is(new Budget(null, null, 1_000L, null));

    assertThat(reserved(ask(300)).tokens()).isEqualTo(300);
    assertThat(reserved(ask(200)).tokens()).isEqualTo(200);

    assertThat(it.organizations.asked)
        .hasSize(2)
        .last()
        .isInstanceOfSatisfying(
            Draw.class,
            draw -> {
              assertThat(draw.agent()).isEqualTo(it.key.agent());
              assertThat(draw.turn()).isEqualTo(new Turn(2, 2));
              assertThat(draw.use()).isEqualTo(new DayUse(today(), new Spend(300, 0)));
              assertThat(draw.wanted()).isEqualTo(new Spend(200, 0));
            });
  }

  @Test
  void whatItsOrganizationHasNoRoomForIsRefusedAndSaysWhoseBudgetItIs() {
    it.organizations.is(new Budget(null, null, 1_000L, null));
    it.organizations.lacks(
        new Shortage(
            Shortage.Whose.ORGANIZATION, Limit.TOKENS_PER_DAY, 1_000, 990, 0, 20, midnight()));

    var refused = shortage(ask(20));

    assertThat(refused.explained()).startsWith("The organization's budget of 1000 tokens a day");
    assertThat(refused.told())
        .startsWith("The organization's budget of the day")
        .contains("up to 20 tokens", midnight().toString())
        .doesNotContain("1000", "990");
    it.organizations.lacks(null);
    assertThat(ask(20)).isInstanceOf(Permitted.class);
  }

  @Test
  void whereTheOrganizationCannotBeAskedNothingThatCostsIsPermitted() {
    it.organizations.is(new Budget(null, null, 1_000L, null));
    it.organizations.outage.begin();

    assertThat(ask(20)).isEqualTo(new Refused(Refusal.UNAVAILABLE));

    it.organizations.outage.end();
    assertThat(ask(20)).isInstanceOf(Permitted.class);
  }

  @Test
  void whatLiesIdleIsGivenBackAndAnAgentThatEndsGivesBackAll() {
    it.organizations.is(new Budget(null, null, 1_000L, null));
    var call = begin(500);
    end(call, 10);

    assertThat(it.organizations.asked)
        .last()
        .isInstanceOfSatisfying(
            GiveBack.class, back -> assertThat(back.keep().used()).isEqualTo(new Spend(10, 0)));

    begin(30);
    it.run(replyTo -> new Agent.Decommission("retired", "ann", null, replyTo));
    assertThat(it.organizations.asked)
        .last()
        .isInstanceOfSatisfying(
            GiveBack.class, back -> assertThat(back.keep().used()).isEqualTo(new Spend(40, 0)));
  }

  @Test
  void whatIsShownIsWhatIsCharged() {
    end(begin(600), 450);
    begin(70);

    var shown = Objects.requireNonNull(((Description) it.run(Describe::new).reply()).spending());

    assertThat(shown.day()).isEqualTo(today());
    assertThat(shown.today().tokens()).isEqualTo(450);
    assertThat(shown.reservedToday().tokens()).isEqualTo(70);
    assertThat(shown.month().tokens()).isEqualTo(450);
    assertThat(shown.reservedThisMonth().tokens()).isEqualTo(70);
  }
}
