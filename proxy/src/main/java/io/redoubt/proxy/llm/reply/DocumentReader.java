package io.redoubt.proxy.llm.reply;

import java.util.List;

/** Reads the whole reply of one provider's protocol; for one reply. */
interface DocumentReader {
  /**
   * The calls of a reply, in their order.
   *
   * @throws Unintelligible if a client might find a call in it that this does not
   */
  List<GatheredCall> read(JsonSpan reply);

  /** The calls are judged: puts explanations in the place of those that were denied. */
  void edit(JsonSpan reply, Edits edits);
}
