package io.redoubt.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.action.Estimate;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent.Configure;
import io.redoubt.agent.Agent.Decide;
import io.redoubt.agent.Agent.Denial;
import io.redoubt.agent.Agent.Denied;
import io.redoubt.agent.Agent.Describe;
import io.redoubt.agent.Agent.Description;
import io.redoubt.agent.Agent.Permitted;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.agent.Agent.Settle;
import io.redoubt.budget.LocalOrganizationBudgets;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.link.Manifest;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.link.Spending;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Duration;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Random histories of calls, losses, crashes and days against a model that knows nothing of books:
 * it keeps every permit, and adds up.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentBudgetModelTest {
  private static final int HISTORIES = 60;
  private static final int STEPS = 80;

  private final AgentFixture it = new AgentFixture();
  private final Set<String> seen = new HashSet<>();

  @AfterAll
  void shutDown() {
    it.close();
  }

  private enum Fate {
    /** Permitted, and not written yet. */
    PENDING,
    /** Its node died, or its fence fell, before it was written. */
    NEVER_WRITTEN,
    WRITTEN,
    CONCLUDED
  }

  /** One permit. */
  private static final class Permit {
    private final ActionId action;
    private final Reserved reserved;
    private final long fence;
    private Fate fate = Fate.PENDING;
    private Spend charged = Spend.ZERO;

    Permit(ActionId action, Reserved reserved, long fence) {
      this.action = action;
      this.reserved = reserved;
      this.fence = fence;
    }

    /** What it takes of the budget, as the log has it. */
    Spend taken() {
      return switch (fate) {
        case NEVER_WRITTEN -> Spend.ZERO;
        case PENDING, WRITTEN -> reserved.spend();
        case CONCLUDED -> charged;
      };
    }

    /** What an agent may at worst believe that it takes. */
    Spend believed() {
      return reserved.spend().orMore(charged);
    }
  }

  private final List<Permit> permits = new ArrayList<>();
  private Budget budget = Budget.NONE;
  private long version;

  @Test
  void noHistoryTakesMoreThanTheBudgetAndNoneIsRefusedForNothing() {
    for (int seed = 0; seed < HISTORIES; seed++) {
      play(new Random(seed), "seed " + seed);
    }

    // Histories in which something never happened would have proved nothing about it.
    assertThat(seen)
        .contains("permitted", "refused", "restarted", "fenced", "lost", "settled", "unknown")
        .contains("a day later", "recovered");
  }

  private void play(Random random, String seed) {
    it.forget();
    it.activate();
    permits.clear();
    version = it.spec.version();
    budget(random);
    for (int step = 0; step < STEPS; step++) {
      String where = seed + " step " + step;
      switch (random.nextInt(20)) {
        case 0 -> restart(where);
        case 1 -> it.clock.advance(Duration.ofSeconds(random.nextInt(400)));
        case 2 -> {
          it.clock.advance(Duration.ofHours(random.nextInt(60)));
          seen.add("a day later");
        }
        case 3 -> budget(random);
        case 4, 5, 6, 7 -> write(random);
        case 8, 9, 10, 11 -> conclude(random);
        default -> ask(random, where);
      }
    }
    // Whatever was lost on the way, who comes after finds it.
    permits.stream().filter(each -> each.fate == Fate.WRITTEN).forEach(each -> concludes(each, 3));
    restart(seed + " at the end");
  }

  private void budget(Random random) {
    budget =
        new Budget(
            random.nextBoolean() ? null : (long) random.nextInt(4_000),
            random.nextBoolean() ? null : (long) random.nextInt(9_000),
            (long) random.nextInt(4_000),
            random.nextBoolean() ? null : (long) random.nextInt(9_000));
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
  }

  private void ask(Random random, String where) {
    var wanted = new Spend(random.nextInt(900), random.nextInt(900));
    var call = call(wanted);
    switch (it.decide(call).reply()) {
      case Permitted permitted -> {
        var reserved = Objects.requireNonNull(permitted.reserved(), where);
        dropBelow(permitted.fence());
        assertThat(reserved.spend()).as(where).isEqualTo(wanted);
        assertThat(permits.stream().filter(each -> each.fate != Fate.NEVER_WRITTEN))
            .as("%s: numbers are used once", where)
            .noneMatch(each ->
                each.reserved.number() == reserved.number() && each.fence == permitted.fence());
        permits.add(new Permit(call.id(), reserved, permitted.fence()));
        assertThat(exceeds(sum(Permit::taken, day(reserved)), sum(Permit::taken, month(reserved))))
            .as("%s: within the budget", where)
            .isFalse();
        seen.add("permitted");
      }
      case Denied(Denial why, _, _, _) when why == Denial.OVER_BUDGET -> {
        var today = LocalDate.ofInstant(it.clock.instant(), ZoneOffset.UTC);
        assertThat(
                exceeds(
                    wanted.plus(sum(Permit::believed, each -> each.day().equals(today))),
                    wanted.plus(
                        sum(
                            Permit::believed,
                            each -> YearMonth.from(each.day()).equals(YearMonth.from(today))))))
            .as("%s: refused for a reason", where)
            .isTrue();
        seen.add("refused");
      }
      case Reply other -> throw new AssertionError(where + ": " + other);
    }
  }

  /** What was permitted under a fence that has fallen cannot be written any more. */
  private void dropBelow(long fence) {
    permits.stream()
        .filter(each -> each.fate == Fate.PENDING && each.fence < fence)
        .forEach(each -> each.fate = Fate.NEVER_WRITTEN);
  }

  private GovernedAction call(Spend wanted) {
    return it.call("claude-sonnet").costing(new Estimate(wanted.tokens(), wanted.costMicros()));
  }

  private static Predicate<Reserved> day(Reserved of) {
    return each -> each.day().equals(of.day());
  }

  private static Predicate<Reserved> month(Reserved of) {
    return each -> YearMonth.from(each.day()).equals(YearMonth.from(of.day()));
  }

  private Spend sum(Function<Permit, Spend> amount, Predicate<Reserved> when) {
    return permits.stream()
        .filter(each -> when.test(each.reserved))
        .map(amount)
        .reduce(Spend.ZERO, Spend::plus);
  }

  private boolean exceeds(Spend today, Spend month) {
    return over(today.costMicros(), budget.microsPerDay())
        || over(month.costMicros(), budget.microsPerMonth())
        || over(today.tokens(), budget.tokensPerDay())
        || over(month.tokens(), budget.tokensPerMonth());
  }

  private static boolean over(long amount, @Nullable Long limit) {
    return limit != null && amount > limit;
  }

  /** A permit becomes an intent, if its fence still stands; or its node dies before. */
  private void write(Random random) {
    pick(random, Fate.PENDING)
        .ifPresent(permit -> {
          if (permit.fence != it.fences.current(it.key).orElseThrow()) {
            permit.fate = Fate.NEVER_WRITTEN;
            seen.add("fenced");
          } else if (random.nextInt(10) == 0) {
            permit.fate = Fate.NEVER_WRITTEN;
            seen.add("lost");
          } else {
            permit.fate = Fate.WRITTEN;
            it.ledger.intend(permit.action, permit.reserved);
          }
        });
  }

  private void conclude(Random random) {
    pick(random, Fate.WRITTEN).ifPresent(permit -> concludes(permit, random.nextInt(5)));
  }

  private void concludes(Permit permit, int how) {
    permit.fate = Fate.CONCLUDED;
    permit.charged =
        switch (how) {
          case 0 -> permit.reserved.spend(); // unknown: in full
          case 1 -> Spend.ZERO;
          default -> new Spend(permit.reserved.tokens() / how, permit.reserved.costMicros() / 3);
        };
    it.ledger.conclude(permit.action, permit.charged);
    if (how == 0 || how == 4) {
      seen.add("unknown"); // nobody tells the agent
    } else {
      it.run(replyTo -> new Settle(permit.action, permit.charged, replyTo));
      seen.add("settled");
    }
  }

  private Optional<Permit> pick(Random random, Fate fate) {
    var all = permits.stream().filter(each -> each.fate == fate).toList();
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(random.nextInt(all.size())));
  }

  /** From then on the agent knows exactly what the log says, and no more is added to it. */
  private void restart(String where) {
    it.agent.restart();
    seen.add("restarted");
    var opened = it.decide(call(new Spend(1_000_000, 1_000_000))).reply();
    assertThat(opened).as(where).isInstanceOf(Denied.class);
    permits.stream()
        .filter(each -> each.fate == Fate.PENDING)
        .forEach(each -> each.fate = Fate.NEVER_WRITTEN);
    var shown =
        Objects.requireNonNull(((Description) it.run(Describe::new).reply()).spending(), where);
    assertThat(shown).as(where).isEqualTo(expected(shown.day()));
    assertThat(permits.stream().map(each -> each.reserved.day()))
        .as("%s: no day comes after it", where)
        .noneMatch(day -> day.isAfter(shown.day()));
    seen.add("recovered");
  }

  private Spending expected(LocalDate day) {
    Predicate<Reserved> today = each -> each.day().equals(day);
    Predicate<Reserved> month = each -> YearMonth.from(each.day()).equals(YearMonth.from(day));
    return new Spending(
        day,
        sum(each -> each.fate == Fate.CONCLUDED ? each.taken() : Spend.ZERO, today),
        sum(each -> each.fate == Fate.WRITTEN ? each.taken() : Spend.ZERO, today),
        sum(each -> each.fate == Fate.CONCLUDED ? each.taken() : Spend.ZERO, month),
        sum(each -> each.fate == Fate.WRITTEN ? each.taken() : Spend.ZERO, month));
  }

  @Test
  void ofParallelCallsNoMoreArePermittedThanTheBudgetHolds() {
    it.forget();
    var agents = new LocalAgents(it.kit.system(), it.fences, it.clock);
    var caller = new Caller(agents, new Budget(null, null, 1_050L, null));

    var permitted = permitted(Stream.generate(() -> caller).limit(64).map(this::call).toList());

    assertThat(permitted).hasSize(10).doesNotHaveDuplicates();
  }

  @Test
  void ofManyAgentsInParallelNoMoreArePermittedThanTheirOrganizationHolds() {
    it.forget();
    var organizations =
        new LocalOrganizationBudgets(
            it.kit.system(), new Budget(null, null, 1_050L, null), it.clock);
    var agents = new LocalAgents(it.kit.system(), it.fences, organizations, it.clock);
    var callers = Stream.generate(() -> new Caller(agents, Budget.NONE)).limit(8).toList();

    var permitted =
        permitted(
            Stream.generate(() -> callers).limit(8).flatMap(List::stream).map(this::call).toList());

    assertThat(permitted).hasSizeBetween(8, 10);
  }

  private static List<Long> permitted(List<CompletableFuture<Reply>> replies) {
    return replies.stream()
        .map(CompletableFuture::join)
        .filter(Permitted.class::isInstance)
        .map(Permitted.class::cast)
        .map(each -> Objects.requireNonNull(each.reserved()).number())
        .toList();
  }

  private CompletableFuture<Reply> call(Caller caller) {
    var call = call(new Spend(100, 0));
    return caller
        .agents
        .ask(caller.key, replyTo -> new Decide(call, caller.family, it.clock.instant(), replyTo))
        .toCompletableFuture();
  }

  /** An active agent. */
  private final class Caller {
    private final Agents agents;
    private final AgentKey key = new AgentKey(it.key.organization(), AgentId.next(it.clock));
    private final FamilyId family = FamilyHandle.create(key.organization(), key.agent()).familyId();

    Caller(Agents agents, Budget budget) {
      this.agents = agents;
      var spec =
          new AgentSpec(
              "many", null, Map.of(), List.of(), ModelAccess.ANY, false, Manifest.NONE, budget, 1);
      var token = TokenDigest.of(key.toString());
      ask(replyTo -> new Configure(spec, null, replyTo));
      ask(replyTo -> new Agent.OfferBootstrap(token, AgentFixture.OFFER_END, null, replyTo));
      ask(replyTo ->
          it.asked(token, null, AgentFixture.INSIDE, family, it.clock.instant(), replyTo));
    }

    private void ask(Function<ActorRef<Reply>, Agent.Command> message) {
      var _ = agents.ask(key, message).toCompletableFuture().join();
    }
  }
}
