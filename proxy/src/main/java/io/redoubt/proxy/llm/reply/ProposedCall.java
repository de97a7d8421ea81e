package io.redoubt.proxy.llm.reply;

import java.util.List;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * A tool call that a reply proposes.
 *
 * @param id by which the provider knows it; may be empty
 * @param tool its name
 * @param arguments JSON as the client will see it; for tools that take plain text an object with
 *     that as its {@code input}
 * @param executor who acts on it
 * @param refusal why nobody can decide about it; null: they can. Such a call must be denied.
 */
public record ProposedCall(
    String id, String tool, ByteString arguments, Executor executor, @Nullable String refusal) {

  /** Who acts on a call. */
  public enum Executor {
    /** The agent, once it has the reply. */
    AGENT,
    /** The provider, on its own side: it may have acted before the call was seen here. */
    PROVIDER
  }

  /** Verdicts must be as many, and none releases what nobody can decide about. */
  static void requireFit(List<ProposedCall> calls, List<CallVerdict> verdicts) {
    if (verdicts.size() != calls.size()) {
      throw new IllegalArgumentException("there is one verdict for each call");
    }
    for (int i = 0; i < calls.size(); i++) {
      if (calls.get(i).refusal != null && !(verdicts.get(i) instanceof CallVerdict.Denied)) {
        throw new IllegalArgumentException("what nobody can decide about is denied");
      }
    }
  }

  /** Without the arguments: they belong in no log. */
  @Override
  public String toString() {
    return "ProposedCall[%s %s, %d bytes%s]"
        .formatted(tool, id, arguments.size(), refusal == null ? "" : ", " + refusal);
  }
}
