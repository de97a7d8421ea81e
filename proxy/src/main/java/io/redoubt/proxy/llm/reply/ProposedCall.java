package io.redoubt.proxy.llm.reply;

import io.redoubt.action.Arguments;
import io.redoubt.approval.ApprovalRequest.Form;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tool call that a reply proposes.
 *
 * @param id by which the provider knows it; may be empty
 * @param tool its name
 * @param arguments as the client will see them; for tools that take plain text an object with that
 *     as its {@code input}. Refused where nobody can decide about the call: it must be denied.
 * @param executor who acts on it
 * @param editable what may stand in the place of its arguments; null: nothing may
 */
public record ProposedCall(
    String id, String tool, Arguments arguments, Executor executor, @Nullable Form editable) {

  /** Who acts on a call. */
  public enum Executor {
    /** The agent, once it has the reply. */
    AGENT,
    /** The provider, on its own side: it may have acted before the call was seen here. */
    PROVIDER
  }

  /** Why nobody can decide about it; null: they can. */
  public @Nullable String refusal() {
    return arguments.refusal();
  }

  /** Verdicts must be as many, and none releases what nobody can decide about. */
  static void requireFit(List<ProposedCall> calls, List<CallVerdict> verdicts) {
    if (verdicts.size() != calls.size()) {
      throw new IllegalArgumentException("there is one verdict for each call");
    }
    for (int i = 0; i < calls.size(); i++) {
      if (calls.get(i).refusal() != null && !(verdicts.get(i) instanceof CallVerdict.Denied)) {
        throw new IllegalArgumentException("what nobody can decide about is denied");
      }
      if (calls.get(i).editable() == null && verdicts.get(i) instanceof CallVerdict.Edited) {
        throw new IllegalArgumentException("what cannot be changed goes out as it came");
      }
    }
  }
}
