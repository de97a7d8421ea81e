package io.redoubt.proxy.llm.reply;

import io.redoubt.action.Arguments;
import io.redoubt.protocol.id.ActionId;
import java.util.List;

/** What becomes of a proposed call. */
public sealed interface CallVerdict {

  /** It goes out as it came. */
  record Released() implements CallVerdict {}

  /**
   * It goes out with other arguments, and else as it came.
   *
   * @param arguments that somebody has approved in the place of its own
   */
  record Edited(Arguments arguments) implements CallVerdict {}

  /**
   * An explanation stands in its place.
   *
   * @param action under which the log has it
   * @param policyIds that decided
   * @param why in a few words, for the model and its operator
   */
  record Denied(ActionId action, List<String> policyIds, String why) implements CallVerdict {
    public Denied {
      policyIds = List.copyOf(policyIds);
    }
  }
}
