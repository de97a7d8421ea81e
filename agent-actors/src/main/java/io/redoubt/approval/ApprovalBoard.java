package io.redoubt.approval;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.agent.AgentKey;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ModelPrompt;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * All requests for approval side by side: which of them is whose, what is due, and what the calls
 * say that they are about. What becomes of one, its actor decides; here it can be found.
 */
public interface ApprovalBoard {

  /**
   * A request that somebody wants to make.
   *
   * @param id that it has if nobody has made it before
   * @param turn the call to a model that it came of; null: it came of none
   * @param arguments of the call, to be sealed; null: it has none
   * @param prompt of a call to a model, to be sealed, too; made only if nobody has made the request
   *     before
   * @param dueAt when it is looked at, whatever happens
   */
  record Opening(
      AgentKey agent,
      String identity,
      ApprovalId id,
      @Nullable ActionId turn,
      @Nullable JsonNode arguments,
      ShownPrompt prompt,
      Instant dueAt) {
    /** About a call that is none to a model. */
    public Opening(
        AgentKey agent,
        String identity,
        ApprovalId id,
        @Nullable ActionId turn,
        @Nullable JsonNode arguments,
        Instant dueAt) {
      this(agent, identity, id, turn, arguments, ShownPrompt.NONE, dueAt);
    }
  }

  /** How many may be pending. */
  record Limits(int ofAgent, int ofOrganization) {}

  /** What came of it. */
  sealed interface Opened {}

  /**
   * It has a place.
   *
   * @param fresh nobody has asked for the same before, as far as it is still open
   */
  record Place(ApprovalId id, boolean fresh) implements Opened {}

  /** Too many are pending. */
  enum Full implements Opened {
    AGENT,
    ORGANIZATION
  }

  /**
   * As its actor has it.
   *
   * @param version grows with everything that happens to it
   * @param dueAt when something comes to pass by itself; null: never
   */
  record Posting(ApprovalKey key, ApprovalView view, int version, @Nullable Instant dueAt) {}

  /** Something comes to pass by itself at that time. */
  record Due(ApprovalKey key, Instant at) {}

  /**
   * Joins the open request of that identity, or makes one, if there is room. Where the call was
   * changed by whoever was to approve it, and what stands in its place is open, it is the request
   * that was changed: nobody is asked about it a second time meanwhile.
   */
  CompletionStage<Opened> open(Opening opening, Limits limits);

  /** Keeps how it stands; an older version changes nothing. */
  CompletionStage<Void> post(Posting posting);

  /** Nothing comes of it any more, as its actor says: whoever asks for the same, asks anew. */
  CompletionStage<Void> close(ApprovalKey key);

  /** Takes one down that was opened before then and never asked. */
  CompletionStage<Void> drop(ApprovalKey key, Instant before);

  /** Those whose time has come by then, of all organizations, the longest due first. */
  CompletionStage<List<Due>> due(Instant then, int limit);

  /**
   * Agents with open requests whose life has changed since they were made, or just before: each
   * that was stopped meanwhile is among them.
   *
   * @param within how long ago that may be
   * @param after the last of the page before, in whose order they come; null: the first page
   */
  CompletionStage<List<AgentKey>> overtaken(Duration within, @Nullable AgentKey after, int limit);

  /** Those of the agent that something may still come of. */
  CompletionStage<List<ApprovalKey>> openOf(AgentKey agent);

  /**
   * Those of the organization that something may still come of and one of these has approved, as
   * far as their actors have said so.
   *
   * @param voters members and clients, as they are on record
   * @param through where they said so
   */
  CompletionStage<List<ApprovalKey>> approvedBy(
      OrganizationId organization, Set<String> voters, String through);

  /** Those of the agent that wait for a decision, the newest first. */
  CompletionStage<List<ApprovalId>> pendingOf(AgentKey agent, int limit);

  /**
   * What is known of one of them.
   *
   * @param view how it stands; null: its actor has not said so yet
   * @param arguments of the call; null: it has none
   * @param prompt of a call to a model, all that is kept of it; null: nothing is. For people: it is
   *     an excerpt, and no model judges by it
   * @param related others that came of the same call to a model
   */
  record Entry(
      @Nullable ApprovalView view,
      @Nullable JsonNode arguments,
      @Nullable ModelPrompt prompt,
      List<ApprovalId> related) {
    /** The same, as it stands by now, without all of what a model is asked. */
    public ApprovalView now(ApprovalView newest) {
      return newest.with(arguments, related).saying(prompt == null ? null : prompt.excerpt());
    }

    /** With all of it: for those who decide, once it is on record that they see it. */
    ApprovalView whole(ApprovalView newest) {
      return newest.with(arguments, related).saying(prompt);
    }
  }

  /** One of them, as soon as it has a place. Empty: there is none, or not here. */
  CompletionStage<Optional<Entry>> find(ApprovalKey key);

  /**
   * Some of them, the newest first, without what is related, without arguments that are large, and
   * of calls to models with excerpts at most.
   *
   * @param status null: any
   * @param before the last of the page before; null: the first page
   */
  CompletionStage<List<ApprovalView>> list(
      OrganizationId organization,
      @Nullable ApprovalStatus status,
      @Nullable ApprovalId before,
      int limit);

  /**
   * One that the control plane has not heard of as it stands, with its arguments, or an excerpt of
   * what a model is asked.
   */
  record News(ApprovalKey key, int version, ApprovalView view) {}

  /** Some of those that the control plane has not heard of as they stand. */
  CompletionStage<List<News>> unreported(int limit);

  /** The control plane knows; what is newer stays news. */
  CompletionStage<Void> reported(List<News> news);

  /**
   * Deletes what was over before that, with all that its actor has written; answers how many. What
   * the control plane has not heard of stays.
   */
  CompletionStage<Integer> purge(Instant before);
}
