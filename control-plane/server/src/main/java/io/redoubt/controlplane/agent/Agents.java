package io.redoubt.controlplane.agent;

import io.redoubt.controlplane.budget.BudgetTerms;
import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.enclave.Enclaves;
import io.redoubt.controlplane.iam.Members;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The registry of agents: what they should be. Every change goes to the agent's enclave with it.
 */
public final class Agents {
  private final AgentStore store = new AgentStore();
  private final CommandLog commands;
  private final Enclaves enclaves;
  private final Members members;
  private final Duration bootstrapLifetime;

  public Agents(
      CommandLog commands, Enclaves enclaves, Members members, Duration bootstrapLifetime) {
    this.commands = commands;
    this.enclaves = enclaves;
    this.members = members;
    this.bootstrapLifetime = bootstrapLifetime;
  }

  /** A bootstrap token; here for the one answer that shows it. */
  record Offer(Agent agent, AgentToken token, Instant expiresAt) {}

  List<Agent> list(
      Transaction transaction, AgentStore.Filter filter, Optional<AgentId> after, int limit) {
    return store.list(transaction, filter, after, limit);
  }

  /** Another organization's agent is missing like any that never was. */
  Agent find(Transaction transaction, AgentId id) {
    return store.find(transaction, id).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
  }

  /** The same, as its enclave is told. */
  public AgentSpec spec(Transaction transaction, AgentId id) {
    var agent = find(transaction, id);
    return agent.profile().spec(agent.version());
  }

  /** Whether it is an agent of this organization, or was. */
  public boolean has(Transaction transaction, AgentId id) {
    return store.find(transaction, id).isPresent();
  }

  /** The agent, locked for this change, unless it is history. */
  Agent findLiving(Change change, AgentId id) {
    Agent agent = findLocked(change, id);
    if (agent.deletedAt() != null) {
      throw ProblemException.of(ErrorType.CONFLICT, "The agent is decommissioned.");
    }
    return agent;
  }

  Agent findLocked(Change change, AgentId id) {
    store.lock(change, id);
    return find(change, id);
  }

  Offer create(Change change, AgentBody body) {
    MemberId owner = ownerOfNew(change, body.owner());
    EnclaveId enclave = enclaves.choose(change, Optional.ofNullable(body.enclaveId()));
    var agent =
        new Agent(
            AgentId.next(change.clock()),
            body.profile(owner),
            enclave,
            AgentStatus.PENDING,
            List.of(),
            null,
            1,
            change.now(),
            change.now(),
            null,
            null);
    store.insert(change, agent);
    change.auditedAgent(
        "agent:create",
        agent.id(),
        owner.toString(),
        changed(BudgetTerms.NONE, agent.profile().budget()));
    commands.append(change, enclave, new LinkCommand.PutAgent(agent.id(), agent.profile().spec(1)));
    return offer(change, agent);
  }

  /** The person who calls; a service names the member who answers for the agent. */
  private MemberId ownerOfNew(Change change, @Nullable MemberId named) {
    var caller = change.operator().member();
    if (caller.isPresent()) {
      if (named != null && !named.equals(caller.get())) {
        throw ProblemException.invalid("/owner", "is the person who calls, and cannot be another");
      }
      return requireMember(change, caller.get());
    }
    if (named == null) {
      throw ProblemException.invalid(
          "/owner", "is needed: a service names the member who answers for the agent");
    }
    return requireMember(change, named);
  }

  private MemberId requireMember(Change change, MemberId named) {
    if (!members.answers(change, named)) {
      throw ProblemException.invalid("/owner", "is not a member");
    }
    return named;
  }

  Agent update(Change change, Agent before, AgentBody body) {
    if (body.enclaveId() != null && !body.enclaveId().equals(before.enclaveId())) {
      throw ProblemException.invalid("/enclave_id", "cannot be changed");
    }
    MemberId owner =
        body.owner() == null || body.owner().equals(before.profile().owner())
            ? before.profile().owner()
            : requireMember(change, body.owner());
    var after =
        new Agent(
            before.id(),
            body.over(before.profile(), owner),
            before.enclaveId(),
            before.status(),
            before.isolations(),
            before.spending(),
            before.version() + 1,
            before.createdAt(),
            change.now(),
            before.lastSeenAt(),
            null);
    store.update(change, after);
    change.auditedAgent(
        "agent:update",
        after.id(),
        owner.toString(),
        changed(before.profile().budget(), after.profile().budget()));
    commands.append(
        change,
        after.enclaveId(),
        new LinkCommand.PutAgent(after.id(), after.profile().spec(after.version())));
    return after;
  }

  /** What agents may spend is changed here, so the record says it; null: it stays as it was. */
  private static @Nullable String changed(BudgetTerms before, BudgetTerms after) {
    return after.allowsAs(before) ? null : after.explained();
  }

  /** A new bootstrap token; the one before it dies. */
  Offer offerAnew(Change change, Agent agent) {
    change.auditedAgent(
        "agent:offer-bootstrap", agent.id(), agent.profile().owner().toString(), null);
    return offer(change, agent);
  }

  private Offer offer(Change change, Agent agent) {
    var token =
        AgentToken.mint(
            AgentToken.Kind.BOOTSTRAP, FamilyHandle.create(change.organization(), agent.id()));
    Instant expiresAt = change.now().plus(bootstrapLifetime);
    commands.append(
        change,
        agent.enclaveId(),
        new LinkCommand.OfferBootstrap(agent.id(), token.digest(), expiresAt));
    return new Offer(agent, token, expiresAt);
  }

  void bury(Change change, Agent agent) {
    store.bury(change, agent.id(), change.now());
    change.auditedAgent("agent:delete", agent.id(), agent.profile().owner().toString(), null);
  }
}
