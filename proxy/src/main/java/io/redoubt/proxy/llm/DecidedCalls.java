package io.redoubt.proxy.llm;

import io.redoubt.proxy.llm.reply.CallVerdict;
import java.util.List;

/**
 * What was decided about the calls that were proposed together.
 *
 * @param verdicts in their order
 * @param whenOut what is to be done when they have gone out
 */
record DecidedCalls(List<CallVerdict> verdicts, Runnable whenOut) {
  DecidedCalls {
    verdicts = List.copyOf(verdicts);
  }

  /** What was released of them, and what stands in the place of the others, has gone out. */
  void released() {
    whenOut.run();
  }
}
