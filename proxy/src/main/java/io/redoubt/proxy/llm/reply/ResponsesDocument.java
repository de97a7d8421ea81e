package io.redoubt.proxy.llm.reply;

import io.redoubt.proxy.llm.reply.ProposedCall.Executor;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A whole response of OpenAI's. */
final class ResponsesDocument implements DocumentReader {
  private final Map<Integer, GatheredCall> calls = new TreeMap<>();

  @Override
  public List<GatheredCall> read(JsonSpan reply) {
    if (!reply.is(JsonSpan.Kind.OBJECT)) {
      CallShapes.requireNoneIn(reply);
      return List.of();
    }
    var items = reply.list("output");
    for (int place = 0; place < items.size(); place++) {
      var item = items.get(place);
      if (ResponsesCalls.isCall(item)) {
        var call = ResponsesCalls.begin(item);
        ResponsesCalls.complete(item, call);
        calls.put(place, call);
        CallShapes.requireFew(calls.size());
      } else {
        CallShapes.requireNoneIn(item);
      }
    }
    return List.copyOf(calls.values());
  }

  @Override
  public void edit(JsonSpan reply, Edits edits) {
    int dropFrom =
        calls.entrySet().stream()
            .filter(each -> each.getValue().denied() != null)
            .filter(each -> each.getValue().executor() == Executor.PROVIDER)
            .mapToInt(Map.Entry::getKey)
            .findFirst()
            .orElse(Integer.MAX_VALUE);
    if (reply.given("output") != null) {
      ResponsesOutput.edit(reply.present("output"), calls, dropFrom, edits);
    }
  }
}
