package io.redoubt.budget;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.redoubt.budget.OrganizationBudget.Command;
import io.redoubt.budget.OrganizationBudget.DayUse;
import io.redoubt.budget.OrganizationBudget.Draw;
import io.redoubt.budget.OrganizationBudget.Event;
import io.redoubt.budget.OrganizationBudget.GiveBack;
import io.redoubt.budget.OrganizationBudget.Held;
import io.redoubt.budget.OrganizationBudget.Holds;
import io.redoubt.budget.OrganizationBudget.Reply;
import io.redoubt.budget.OrganizationBudget.Turn;
import io.redoubt.entity.EntityConfig;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Budget;
import io.redoubt.testing.ManualClock;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What agents hold of an organization's budget is never more than that, together. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OrganizationBudgetTest {
  private static final LocalDate DAY = LocalDate.of(2026, 11, 29);

  private final ActorTestKit kit =
      ActorTestKit.create(EventSourcedBehaviorTestKit.config().withFallback(ConfigFactory.load()));
  private final ManualClock clock = new ManualClock();
  private final AgentId ann = AgentId.next(clock);
  private final AgentId bob = AgentId.next(clock);
  private Budget budget = Budget.NONE;
  private final EventSourcedBehaviorTestKit<Command, Event, OrganizationBudgetState> entity =
      EventSourcedBehaviorTestKit.create(
          kit.system(),
          OrganizationBudgetEntity.create(
              OrganizationId.next(clock),
              _ -> budget,
              EntityConfig.from(ConfigFactory.load(), "redoubt.organization-budget.entity"),
              clock),
          EventSourcedBehaviorTestKit.enabledSerializationSettings().withVerifyEquality(true));

  @BeforeEach
  void forget() {
    entity.clear();
    budget = new Budget(null, null, 1_000L, null);
  }

  @AfterAll
  void shutDown() {
    kit.shutdownTestKit();
  }

  private static DayUse use(LocalDate day, long tokens) {
    return new DayUse(day, new Spend(tokens, 0));
  }

  private Holds draw(AgentId agent, Turn turn, DayUse use, long wanted, @Nullable DayUse before) {
    return (Holds)
        entity
            .<Reply>runCommand(
                replyTo -> new Draw(agent, turn, use, new Spend(wanted, 0), before, replyTo))
            .reply();
  }

  private Holds draw(AgentId agent, long turn, long used, long wanted) {
    return draw(agent, new Turn(1, turn), use(DAY, used), wanted, null);
  }

  private Holds giveBack(AgentId agent, Turn turn, DayUse keep) {
    return (Holds)
        entity.<Reply>runCommand(replyTo -> new GiveBack(agent, turn, keep, replyTo)).reply();
  }

  @Test
  void anAgentGetsWhatItNeedsAndATrancheWhileThereIsPlenty() {
    assertThat(draw(ann, 1, 0, 100).amount().tokens()).isEqualTo(120);
    assertThat(draw(bob, 1, 0, 700).amount().tokens()).isEqualTo(700);

    var refused = draw(ann, 2, 100, 201);

    assertThat(refused.amount().tokens()).isEqualTo(120);
    var shortage = Objects.requireNonNull(refused.shortage());
    assertThat(shortage.explained())
        .startsWith("The organization's budget of 1000 tokens a day leaves no room: 700 tokens");
    assertThat(shortage.resets()).isEqualTo("2026-11-30T00:00:00Z");
    assertThat(draw(ann, 3, 100, 200).amount().tokens()).isEqualTo(300);
  }

  @Test
  void theSameQuestionTwiceHandsOutOnce() {
    var first = draw(ann, 1, 0, 600);

    assertThat(draw(ann, 1, 0, 600)).isEqualTo(first);
    assertThat(draw(bob, 1, 0, 380).shortage()).isNull();
    assertThat(draw(bob, 2, 380, 1).shortage()).isNotNull();
  }

  @Test
  void whatIsGivenBackIsThereForOthersAndALateWordTakesNothingAway() {
    draw(ann, 1, 0, 900);
    assertThat(draw(bob, 1, 0, 500).shortage()).isNotNull();

    giveBack(ann, new Turn(1, 2), use(DAY, 300));
    assertThat(draw(bob, 2, 0, 500).shortage()).isNull();
    assertThat(draw(ann, 3, 300, 200).amount().tokens()).isEqualTo(500);

    assertThat(giveBack(ann, new Turn(1, 2), use(DAY, 0)).amount().tokens()).isEqualTo(500);
    assertThat(draw(bob, 3, 500, 1).shortage()).isNotNull();
  }

  @Test
  void aNewIncarnationIsHeardAndTheOneBeforeItNoMore() {
    draw(ann, 1, 0, 900);

    var again = draw(ann, new Turn(2, 1), use(DAY, 800), 50, null);
    giveBack(ann, new Turn(1, 9), use(DAY, 0));

    assertThat(again.amount().tokens()).isEqualTo(900);
    assertThat(draw(bob, 1, 0, 101).shortage()).isNotNull();
    assertThat(draw(bob, 2, 0, 100).shortage()).isNull();
  }

  @Test
  void aNewDayIsNewAndWhatWasNotUsedIsBackInTheMonth() {
    budget = new Budget(null, null, 1_000L, 1_500L);
    var next = DAY.plusDays(1);
    draw(ann, 1, 0, 900);
    draw(bob, 1, 0, 100);

    assertThat(draw(ann, new Turn(1, 2), use(next, 0), 501, null).shortage()).isNotNull();
    var after = draw(ann, new Turn(1, 3), use(next, 0), 800, use(DAY, 400));

    assertThat(after.shortage()).isNull();
    assertThat(after.amount().tokens()).isEqualTo(800);
    assertThat(draw(bob, new Turn(1, 2), use(next, 0), 201, use(DAY, 100)).shortage()).isNotNull();
    assertThat(draw(bob, new Turn(1, 3), use(next, 0), 200, use(DAY, 100)).shortage()).isNull();
  }

  @Test
  void aNewMonthIsNew() {
    budget = new Budget(null, null, null, 1_000L);
    draw(ann, 1, 0, 1_000);
    var december = LocalDate.of(2026, 12, 1);

    assertThat(draw(bob, 1, 0, 1).shortage()).isNotNull();
    assertThat(draw(bob, new Turn(1, 2), use(december, 0), 1_000, null).shortage()).isNull();
    assertThat(draw(ann, new Turn(1, 2), use(december, 0), 1, use(DAY, 1_000)).shortage())
        .isNotNull();
  }

  @Test
  void whatIsHandedOutIsKnownAfterARestart() {
    draw(ann, 1, 0, 900);

    entity.restart();

    assertThat(draw(bob, 1, 0, 101).shortage()).isNotNull();
    assertThat(draw(ann, 1, 0, 900).amount().tokens()).isEqualTo(900);
  }

  /** One agent, as it knows itself. */
  private static final class Spender {
    private final Map<LocalDate, Long> used = new HashMap<>();
    private LocalDate heldDay = LocalDate.EPOCH;
    private long held;
    private long fence = 1;
    private long count;

    long of(LocalDate day) {
      return used.getOrDefault(day, 0L);
    }
  }

  /** Messages are lost on both ways, come late and twice, and agents come back without memory. */
  @Test
  void noHistoryLetsAgentsSpendMoreThanTheOrganizationHas() {
    for (int seed = 0; seed < 40; seed++) {
      play(new Random(seed), "seed " + seed);
    }
  }

  private void play(Random random, String seed) {
    entity.clear();
    budget = new Budget(null, null, 1_000L, 2_500L);
    var agents = new LinkedHashMap<AgentId, Spender>();
    for (int i = 0; i < 5; i++) {
      agents.put(AgentId.next(clock), new Spender());
    }
    var ids = List.copyOf(agents.keySet());
    var late = new ArrayList<Function<ActorRef<Reply>, Command>>();
    var day = DAY.minusDays(3);
    for (int step = 0; step < 120; step++) {
      var id = ids.get(random.nextInt(ids.size()));
      var agent = Objects.requireNonNull(agents.get(id));
      var today = day;
      switch (random.nextInt(14)) {
        case 0 -> day = random.nextInt(4) == 0 ? day.plusDays(1) : day;
        case 1 -> entity.restart();
        case 2 -> {
          agent.fence++;
          agent.count = 0;
          agent.heldDay = LocalDate.EPOCH;
        }
        case 3 -> {
          if (!late.isEmpty()) {
            entity.<Reply>runCommand(late.get(random.nextInt(late.size())));
          }
        }
        case 4 -> {
          if (agent.heldDay.equals(today)) {
            agent.held = agent.of(today);
            var turn = new Turn(agent.fence, ++agent.count);
            var keep = use(today, agent.held);
            late.add(replyTo -> new GiveBack(id, turn, keep, replyTo));
            if (random.nextBoolean()) {
              giveBack(id, turn, keep);
            }
          }
        }
        default -> {
          long wanted = random.nextInt(250);
          if (!agent.heldDay.equals(today) || agent.of(today) + wanted > agent.held) {
            var turn = new Turn(agent.fence, ++agent.count);
            var use = use(today, agent.of(today));
            var before =
                agent.used.keySet().stream()
                    .filter(each -> each.isBefore(today))
                    .max(LocalDate::compareTo)
                    .map(each -> use(each, agent.of(each)))
                    .orElse(null);
            late.add(replyTo -> new Draw(id, turn, use, new Spend(wanted, 0), before, replyTo));
            if (random.nextInt(5) == 0) {
              agent.heldDay = LocalDate.EPOCH; // the question or its answer is lost
              if (random.nextBoolean()) {
                draw(id, turn, use, wanted, before);
              }
            } else {
              var holds = draw(id, turn, use, wanted, before);
              if (holds.shortage() == null) {
                agent.heldDay = holds.day();
                agent.held = holds.amount().tokens();
              }
            }
          }
          if (agent.heldDay.equals(today) && agent.of(today) + wanted <= agent.held) {
            agent.used.merge(today, wanted, Long::sum);
          }
        }
      }
      var at = day;
      long ofDay = agents.values().stream().mapToLong(each -> each.of(at)).sum();
      long ofMonth =
          agents.values().stream()
              .flatMap(each -> each.used.entrySet().stream())
              .filter(each -> each.getKey().getMonth().equals(at.getMonth()))
              .mapToLong(Map.Entry::getValue)
              .sum();
      assertThat(ofDay).as("%s step %s", seed, step).isLessThanOrEqualTo(1_000);
      assertThat(ofMonth).as("%s step %s", seed, step).isLessThanOrEqualTo(2_500);
    }
  }

  @Test
  void everyTrancheIsAnEvent() {
    var result =
        entity.<Reply>runCommand(
            replyTo -> new Draw(ann, new Turn(1, 1), use(DAY, 0), new Spend(10, 0), null, replyTo));

    assertThat(result.event())
        .isInstanceOfSatisfying(
            Held.class, held -> assertThat(held.amount().tokens()).isEqualTo(30));
  }
}
