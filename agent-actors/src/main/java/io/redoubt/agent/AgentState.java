package io.redoubt.agent;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent.BootstrapBurned;
import io.redoubt.agent.Agent.BootstrapOffered;
import io.redoubt.agent.Agent.BootstrapRepeated;
import io.redoubt.agent.Agent.Bootstrapped;
import io.redoubt.agent.Agent.BudgetOpened;
import io.redoubt.agent.Agent.BudgetTallied;
import io.redoubt.agent.Agent.Configured;
import io.redoubt.agent.Agent.Denial;
import io.redoubt.agent.Agent.Isolated;
import io.redoubt.agent.Agent.LifecycleChanged;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Released;
import io.redoubt.agent.Agent.Revoked;
import io.redoubt.budget.Tally;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.AgentStatus;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What an agent is, and the rules of G3. Stored as snapshots: the names are for ever. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "@type")
@JsonSubTypes({
  @JsonSubTypes.Type(AgentState.Unknown.class),
  @JsonSubTypes.Type(AgentState.Known.class),
  @JsonSubTypes.Type(AgentState.Decommissioned.class)
})
sealed interface AgentState {

  /** The state after the event. */
  AgentState apply(Agent.Event event);

  /**
   * What the fence in the database must stand at, or higher: 1 from the first configuration on, one
   * more with each change of lifecycle; 0: there is no fence yet.
   */
  long fence();

  /** The control plane has not spoken of it, and perhaps never will. */
  @JsonTypeName("unknown")
  record Unknown() implements AgentState {
    @Override
    public AgentState apply(Agent.Event event) {
      return switch (event) {
        case Configured e ->
            new Known(
                e.spec(),
                Lifecycle.PENDING,
                Enrolment.NONE,
                Isolations.NONE,
                List.of(),
                1,
                e.at(),
                e.number());
        case BootstrapOffered _, BootstrapBurned _, BootstrapRepeated _ -> this;
        case Isolated _, Released _, Revoked _, Agent.Decommissioned _ -> this;
        case BudgetOpened _, BudgetTallied _ -> this;
      };
    }

    @Override
    public long fence() {
      return 0;
    }
  }

  /** Where a known agent is, isolations aside. */
  enum Lifecycle {
    /** Has no family. */
    PENDING,
    ACTIVE,
    /** Its families are dead; a new bootstrap token makes it pending. */
    REVOKED
  }

  /**
   * Known, and not at its end.
   *
   * @param families the last ones opened, oldest first; alive, unless it is revoked
   * @param since when {@code lifecycle} became what it is
   * @param number of the control plane's last order that changed anything; null: none did
   * @param tally of its budget; null: it never had one, or not for long
   */
  @JsonTypeName("known")
  record Known(
      AgentSpec spec,
      Lifecycle lifecycle,
      Enrolment enrolment,
      Isolations isolations,
      List<FamilyId> families,
      long fence,
      Instant since,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long number,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Tally tally)
      implements AgentState {
    static final int FAMILIES_LIMIT = 16;

    Known(
        AgentSpec spec,
        Lifecycle lifecycle,
        Enrolment enrolment,
        Isolations isolations,
        List<FamilyId> families,
        long fence,
        Instant since,
        @Nullable Long number) {
      this(spec, lifecycle, enrolment, isolations, families, fence, since, number, null);
    }

    public Known {
      families = List.copyOf(families);
    }

    @Override
    public AgentState apply(Agent.Event event) {
      return switch (event) {
        case Configured e ->
            new Known(
                e.spec(),
                lifecycle,
                enrolment,
                isolations,
                families,
                fence,
                since,
                latest(e.number()),
                tally);
        case BootstrapOffered e -> offering(e);
        case BootstrapBurned e -> burned(e);
        case BootstrapRepeated _ ->
            new Known(
                spec,
                lifecycle,
                enrolment.repeated(),
                isolations,
                families,
                fence,
                since,
                number,
                tally);
        case Isolated e -> fenced(isolations.with(e.id(), e.at()), e.number());
        case Released e -> fenced(isolations.released(e.request(), e.ids(), e.at()), e.number());
        case Revoked e ->
            new Known(
                spec,
                Lifecycle.REVOKED,
                enrolment.ended(),
                isolations,
                families,
                fence + 1,
                e.at(),
                latest(e.number()),
                tally);
        case Agent.Decommissioned e ->
            new Decommissioned(spec, enrolment.ended(), isolations, families, fence + 1, e.at());
        case BudgetOpened _ -> fenced(isolations, null);
        case BudgetTallied e ->
            new Known(
                spec, lifecycle, enrolment, isolations, families, fence, since, number, e.tally());
      };
    }

    private Known offering(BootstrapOffered e) {
      var offering = enrolment.offering(e.token(), e.expiresAt());
      return lifecycle == Lifecycle.REVOKED
          ? new Known(
              spec,
              Lifecycle.PENDING,
              offering,
              isolations,
              List.of(),
              fence,
              e.at(),
              latest(e.number()),
              tally)
          : new Known(
              spec,
              lifecycle,
              offering,
              isolations,
              families,
              fence,
              since,
              latest(e.number()),
              tally);
    }

    private Known burned(BootstrapBurned e) {
      var more = Stream.concat(families.stream(), Stream.of(e.family())).toList();
      return new Known(
          spec,
          Lifecycle.ACTIVE,
          enrolment.burned(e),
          isolations,
          Bounded.newest(more, FAMILIES_LIMIT),
          fence,
          lifecycle == Lifecycle.ACTIVE ? since : e.at(),
          number,
          tally);
    }

    private Known fenced(Isolations changed, @Nullable Long order) {
      return new Known(
          spec, lifecycle, enrolment, changed, families, fence + 1, since, latest(order), tally);
    }

    private @Nullable Long latest(@Nullable Long order) {
      return order == null || isPast(order) ? number : order;
    }

    /** Whether a later order has changed something: what this one says is history. */
    boolean isPast(@Nullable Long order) {
      return order != null && number != null && order < number;
    }

    AgentStatus status() {
      return switch (lifecycle) {
        case REVOKED -> AgentStatus.REVOKED;
        case PENDING -> isolations.stand() ? AgentStatus.ISOLATED : AgentStatus.PENDING;
        case ACTIVE -> isolations.stand() ? AgentStatus.ISOLATED : AgentStatus.ACTIVE;
      };
    }

    /** Answer to the bootstrap that was carried out last. */
    Bootstrapped bootstrapped(boolean repeated) {
      var burn = Objects.requireNonNull(enrolment.burn(), "no token was burned");
      return new Bootstrapped(
          spec, burn.first(), burn.jti(), burn.accessExpiresAt(), burn.jkt(), repeated);
    }

    /** Answer to the isolate of that id, however often it comes. */
    LifecycleChanged isolated(IsolationId id) {
      return changed(List.of(id), List.of(), isolations.madeAt(id).orElse(since));
    }

    /** Answer to the release of these, however often it comes. */
    LifecycleChanged released(Set<IsolationId> ids) {
      return released(ids, isolations.known(ids));
    }

    /**
     * The same.
     *
     * @param concerned which of them were known when it came: lifting many forgets old ones
     */
    LifecycleChanged released(Set<IsolationId> ids, List<IsolationId> concerned) {
      return changed(concerned, List.of(), isolations.liftedAt(ids).orElse(since));
    }

    /** Answer to a revoke, however often it comes. */
    LifecycleChanged revoked() {
      return changed(List.of(), families, since);
    }

    private LifecycleChanged changed(
        List<IsolationId> concerned, List<FamilyId> ended, Instant at) {
      return new LifecycleChanged(status(), isolations.ids(), concerned, ended, at, spec);
    }

    /** Isolated or revoked. */
    boolean stopped() {
      return isolations.stand() || lifecycle == Lifecycle.REVOKED;
    }

    List<FamilyId> livingFamilies() {
      return lifecycle == Lifecycle.REVOKED ? List.of() : families;
    }

    boolean allowsSource(InetAddress source) {
      for (var block : spec.clientCidr()) {
        if (block.contains(source)) {
          return true;
        }
      }
      return spec.clientCidr().isEmpty();
    }

    /** Why whoever holds a bootstrap token of the agent may still not use it now. */
    Optional<Refusal> refusesBootstrap(InetAddress source) {
      if (stopped()) {
        return Optional.of(Refusal.NOT_ACTIVE);
      }
      return allowsSource(source) ? Optional.empty() : Optional.of(Refusal.SOURCE_NOT_ALLOWED);
    }

    /** The source first: what is shown from elsewhere nobody looks at, isolated or not. */
    Optional<Refusal> refusesRefresh(FamilyId family, InetAddress source) {
      if (!livingFamilies().contains(family)) {
        return Optional.of(Refusal.FAMILY_UNKNOWN);
      }
      if (!allowsSource(source)) {
        return Optional.of(Refusal.SOURCE_NOT_ALLOWED);
      }
      return stopped() ? Optional.of(Refusal.NOT_ACTIVE) : Optional.empty();
    }

    Optional<Denial> denies(GovernedAction action, FamilyId family) {
      if (stopped()) {
        return Optional.of(Denial.NOT_ACTIVE);
      }
      if (!families.contains(family)) {
        return Optional.of(Denial.FAMILY_UNKNOWN);
      }
      if (!allowsSource(action.source())) {
        return Optional.of(Denial.SOURCE_NOT_ALLOWED);
      }
      if (action.plane() == Plane.LLM && !spec.models().permits(action.resource())) {
        return Optional.of(Denial.MODEL_NOT_ALLOWED);
      }
      return action.bringsCredential() && !spec.mayBringCredential()
          ? Optional.of(Denial.OWN_CREDENTIAL_NOT_ALLOWED)
          : Optional.empty();
    }
  }

  /** At its end. Nothing changes any more. */
  @JsonTypeName("decommissioned")
  record Decommissioned(
      AgentSpec spec,
      Enrolment enrolment,
      Isolations isolations,
      List<FamilyId> families,
      long fence,
      Instant since)
      implements AgentState {
    public Decommissioned {
      families = List.copyOf(families);
    }

    @Override
    public AgentState apply(Agent.Event event) {
      return this;
    }

    /** Answer to a decommission or a revoke, however often it comes. */
    LifecycleChanged changed() {
      return new LifecycleChanged(
          AgentStatus.DECOMMISSIONED, isolations.ids(), List.of(), families, since, spec);
    }
  }
}
