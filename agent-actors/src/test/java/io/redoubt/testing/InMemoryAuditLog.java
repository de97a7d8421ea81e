package io.redoubt.testing;

import io.redoubt.agent.AgentKey;
import io.redoubt.audit.AuditLog;
import io.redoubt.audit.AuditLookup;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** An audit log in memory, whose intents are conditional on the fences beside it. */
public final class InMemoryAuditLog implements AuditLog, AuditLookup {
  public final Outage outage = new Outage();
  private final FakeFences fences;
  private final Map<AuditId, AuditRecord> records = new LinkedHashMap<>();
  private final Map<AuditId, AuditOutcome> outcomes = new LinkedHashMap<>();
  private final List<AuditOutcome> strays = new ArrayList<>();
  private volatile boolean full;
  private volatile Predicate<AuditRecord> unwritable = _ -> false;

  public InMemoryAuditLog(FakeFences fences) {
    this.fences = fences;
  }

  @Override
  public CompletionStage<Permit> permit(AuditRecord intent, long fence) {
    if (intent.agentId() == null || intent.outcome() != null) {
      throw new IllegalArgumentException("an intent is an agent's, and has no outcome yet");
    }
    if (full) {
      return CompletableFuture.failedFuture(new IllegalStateException("no room for an intent"));
    }
    var agent = new AgentKey(intent.organizationId(), intent.agentId());
    return outage.attempt(() -> {
      var standing = fences.current(agent);
      if (standing.isEmpty() || standing.getAsLong() != fence) {
        return Permit.FENCED;
      }
      keep(intent);
      return Permit.RECORDED;
    });
  }

  @Override
  public CompletionStage<Void> record(AuditRecord complete) {
    if (complete.verdict() == Verdict.PERMIT && complete.outcome() == null) {
      throw new IllegalArgumentException("what was permitted and is complete, has an outcome");
    }
    return outage.run(() -> {
      if (unwritable.test(complete)) {
        throw new IllegalStateException("not to be written: " + complete.id());
      }
      keep(complete);
    });
  }

  @Override
  public CompletionStage<Void> recordOnce(AuditRecord complete) {
    boolean isNew;
    synchronized (this) {
      isNew = !records.containsKey(complete.id());
    }
    return isNew ? record(complete) : outage.run(() -> {});
  }

  @Override
  public CompletionStage<Void> conclude(AuditOutcome outcome) {
    return outage.run(() -> {
      keep(outcome);
    });
  }

  @Override
  public CompletionStage<Optional<AuditRecord>> find(OrganizationId organization, AuditId id) {
    return outage.attempt(() -> {
      synchronized (this) {
        return Optional.ofNullable(records.get(id))
            .filter(entry -> entry.organizationId().equals(organization));
      }
    });
  }

  private synchronized void keep(AuditRecord entry) {
    var before = records.putIfAbsent(entry.id(), entry);
    if (before != null && !before.equals(entry)) {
      throw new IllegalStateException("recorded before: " + entry.id());
    }
  }

  private synchronized void keep(AuditOutcome outcome) {
    var intent = records.get(outcome.id());
    if (intent == null || !intent.organizationId().equals(outcome.organizationId())) {
      strays.add(outcome);
      throw new IllegalStateException("no such intent: " + outcome.id());
    }
    outcomes.putIfAbsent(outcome.id(), outcome);
  }

  /** Whether intents are refused, unwritten, while everything else goes on. */
  public void full(boolean refused) {
    full = refused;
  }

  /** Complete records of a kind that cannot be written, while everything else goes on. */
  public void refuse(Predicate<AuditRecord> kind) {
    unwritable = kind;
  }

  /** Outcomes of what was never permitted: there should be none. */
  public synchronized List<AuditOutcome> strays() {
    return List.copyOf(strays);
  }

  /** Intents and complete records, in the order in which they became durable. */
  public synchronized List<AuditRecord> records() {
    return List.copyOf(records.values());
  }

  /** How it ended, whether said at once or later. */
  public synchronized Optional<Outcome> outcome(AuditId id) {
    var later = outcomes.get(id);
    if (later != null) {
      return Optional.of(later.outcome());
    }
    return Optional.ofNullable(records.get(id)).map(AuditRecord::outcome);
  }

  /** What was said of its end after it had begun. */
  public synchronized Optional<AuditOutcome> conclusion(AuditId id) {
    return Optional.ofNullable(outcomes.get(id));
  }

  /** Intents without an outcome: at the end of a test there should be none (G4). */
  public synchronized List<AuditRecord> open() {
    return records.values().stream()
        .filter(entry -> entry.verdict() == Verdict.PERMIT)
        .filter(entry -> entry.outcome() == null && !outcomes.containsKey(entry.id()))
        .toList();
  }
}
