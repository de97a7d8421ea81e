package io.redoubt.proxy.llm.reply;

import java.util.Map;

/** The output of a whole response, from which denied calls are taken. */
final class ResponsesOutput {
  private ResponsesOutput() {}

  /**
   * @param calls those that were judged, by their places
   * @param dropFrom the place behind which nothing stays
   */
  static void edit(JsonSpan output, Map<Integer, GatheredCall> calls, int dropFrom, Edits edits) {
    var items = output.elements();
    for (int place = 0; place < items.size() && place <= dropFrom; place++) {
      var call = calls.get(place);
      if (call != null && call.denied() != null) {
        edits.replace(items.get(place), ReplyJson.bytes(ResponsesCalls.message(call)));
      }
      var instead = call == null ? null : call.edited();
      if (call != null && instead != null) {
        ResponsesCalls.rewrite(items.get(place), call, instead, edits);
      }
    }
    if (dropFrom < items.size() - 1) {
      edits.cut(items.get(dropFrom).end(), items.getLast().end());
    }
  }
}
