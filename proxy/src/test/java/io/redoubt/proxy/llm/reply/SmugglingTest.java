package io.redoubt.proxy.llm.reply;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.proxy.llm.reply.ReplyGuard.Cut;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that one reader would see and another would not: none may pass undecided. */
class SmugglingTest {
  private static final String BLOCK =
      "\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_evil\",\"name\":\"evil\",\"input\":{}}";
  private static final String START =
      "{\"type\":\"content_block_start\",\"index\":0," + BLOCK + "}";
  private static final String CALLS =
      "[{\"index\":0,\"id\":\"call_evil\",\"function\":{\"name\":\"evil\",\"arguments\":\"{}\"}}]";
  private static final String ITEM =
      "{\"type\":\"function_call\",\"id\":\"fc_evil\",\"call_id\":\"call_evil\",\"name\":\"evil\",\"arguments\":\"{}\"}";

  record Attack(String how, Style style, ByteString stream) {
    Guarded inPieces(int size) {
      var guarded = new Guarded(style, true, _ -> true);
      for (int from = 0; from < stream.size(); from += size) {
        guarded.feed(stream.slice(from, Math.min(stream.size(), from + size)).toArray());
      }
      return guarded.finish();
    }

    @Override
    public String toString() {
      return style + " " + how;
    }
  }

  private static Attack messages(String how, String stream) {
    return new Attack(how, Style.MESSAGES, ByteString.fromString(stream));
  }

  private static Attack chat(String how, String stream) {
    return new Attack(how, Style.CHAT, ByteString.fromString(stream));
  }

  private static Attack responses(String how, String stream) {
    return new Attack(how, Style.RESPONSES, ByteString.fromString(stream));
  }

  private static String data(String json) {
    return "data: " + json + "\n\n";
  }

  private static String chunk(String delta) {
    return data("{\"choices\":[{\"index\":0,\"delta\":" + delta + "}]}");
  }

  static Stream<Attack> notUnderstood() {
    return Stream.of(
            messages(
                "type twice",
                data(
                    START.replace(
                        "{\"type\":\"tool_use\"", "{\"type\":\"tool_use\",\"type\":\"text\""))),
            messages(
                "type twice, other first",
                data(
                    START.replace(
                        "{\"type\":\"tool_use\"", "{\"type\":\"text\",\"type\":\"tool_use\""))),
            messages(
                "type in another case",
                data(
                    START.replace(
                        "{\"type\":\"tool_use\"", "{\"type\":\"text\",\"Type\":\"tool_use\""))),
            messages("another name than type", "event: ping\n" + data(START)),
            messages(
                "a name without type",
                "event: content_block_start\n" + data("{\"index\":0," + BLOCK + "}")),
            messages("no type", data("{\"index\":0," + BLOCK + "}")),
            messages("an unknown event", data("{\"type\":\"novelty\",\"index\":0," + BLOCK + "}")),
            messages(
                "within another block",
                data(
                    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"group\",\"content\":[{\"type\":\"tool_use\",\"name\":\"evil\"}]}}")),
            messages(
                "in the first event",
                data(
                    "{\"type\":\"message_start\",\"message\":{\"content\":[{\"type\":\"tool_use\",\"name\":\"evil\"}]}}")),
            messages(
                "over two lines",
                "data: {\"type\":\"content_block_start\",\"index\":0,\n"
                    + data("\"content_block\":{\"type\":\"tool_use\",\"name\":\"evil\"}}")),
            messages(
                "a word over two lines",
                "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"name\":\"evil\",\"type\":\"to\n"
                    + data("ol_use\"}}")),
            messages("two documents", data("{\"type\":\"ping\"}" + START)),
            messages("two lines of data", "data: {\"type\":\"ping\"}\n" + data(START)),
            messages("a blank before data", " " + data(START)),
            messages("a byte order mark before data", "\uFEFF" + data(START)),
            messages("a byte order mark in data", data("\uFEFF" + START)),
            messages("data in another case", "DATA: " + START + "\n\n"),
            messages(
                "a carriage return for a line end",
                "data: {\"type\":\"ping\"}\rdata: " + START + "\n\n"),
            messages(
                "carriage returns alone",
                ("data: {\"type\":\"ping\"}\n\n" + data(START)).replace('\n', '\r')),
            messages("a line separator", data("{\"type\":\"ping\"}\u2028data: " + START)),
            messages(
                "not quoted",
                data(
                    "{type:'content_block_start',index:0,content_block:{type:'tool_use',name:'evil'}}")),
            messages(
                "a comment in JSON",
                data("{/*tool_use*/\"type\":\"content_block_start\",\"index\":0," + BLOCK + "}")),
            messages(
                "an index that is no number",
                data(START.replace("\"index\":0", "\"index\":\"0\""))),
            messages("the same index twice", data(START) + data(START)),
            messages(
                "nested deeply",
                data(
                    "{\"type\":\"tool_use\",\"a\":"
                        + "[".repeat(10_000)
                        + "]".repeat(10_000)
                        + "}")),
            messages("overlong characters", "X"),
            chat("a name in another case", chunk("{\"Tool_Calls\":" + CALLS + "}")),
            chat(
                "a name in both cases",
                chunk("{\"tool_calls\":null,\"TOOL_CALLS\":" + CALLS + "}")),
            chat("twice", chunk("{\"tool_calls\":" + CALLS + ",\"tool_calls\":null}")),
            chat(
                "beside the choices",
                data("{\"choices\":[],\"message\":{\"tool_calls\":" + CALLS + "}}")),
            chat(
                "as a whole message",
                data("{\"choices\":[{\"index\":0,\"message\":{\"tool_calls\":" + CALLS + "}}]}")),
            chat(
                "in both styles",
                chunk("{\"tool_calls\":" + CALLS + ",\"function_call\":{\"name\":\"evil\"}}")),
            chat(
                "without a number",
                chunk(
                    "{\"tool_calls\":[{\"id\":\"call_evil\",\"function\":{\"name\":\"evil\"}}]}")),
            chat(
                "a second name",
                chunk("{\"tool_calls\":" + CALLS.replace("evil\",\"arg", "ev\",\"arg") + "}")
                    + chunk(
                        "{\"tool_calls\":"
                            + CALLS.replace("\"name\":\"evil\"", "\"name\":\"il\"")
                            + "}")),
            chat("a list that is an object", chunk("{\"tool_calls\":{\"0\":{\"name\":\"evil\"}}}")),
            responses(
                "in the first event",
                data("{\"type\":\"response.created\",\"response\":{\"output\":[" + ITEM + "]}}")),
            responses(
                "a piece of nothing",
                data(
                    "{\"type\":\"response.function_call_arguments.done\",\"output_index\":3,\"item_id\":\"evil\",\"arguments\":\"{}\"}")),
            responses(
                "a piece of two calls",
                data(
                        "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":"
                            + ITEM
                            + "}")
                    + data(
                        "{\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":"
                            + ITEM.replace("_evil", "_other")
                            + "}")
                    + data(
                        "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":1,\"item_id\":\"fc_evil\",\"delta\":\"evil\"}")),
            responses(
                "an unknown event", data("{\"type\":\"response.novelty\",\"item\":" + ITEM + "}")),
            responses(
                "other arguments at the end",
                data(
                        "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":"
                            + ITEM
                            + "}")
                    + data(
                        "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":"
                            + ITEM.replace("{}", "{\\\"evil\\\":1}")
                            + "}")),
            responses(
                "other arguments in the output",
                data(
                        "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":"
                            + ITEM
                            + "}")
                    + data(
                        "{\"type\":\"response.completed\",\"response\":{\"output\":["
                            + ITEM.replace("{}", "{\\\"evil\\\":1}")
                            + "]}}")),
            responses(
                "another name in the output",
                data(
                        "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":"
                            + ITEM
                            + "}")
                    + data(
                        "{\"type\":\"response.completed\",\"response\":{\"output\":["
                            + ITEM.replace("\"evil\"", "\"evil2\"")
                            + "]}}")),
            responses(
                "an item that was something else",
                data(
                        "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":"
                            + ITEM
                            + "}")
                    + data(
                        "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"type\":\"message\",\"name\":\"evil\"}}")))
        .map(attack -> attack.how.equals("overlong characters") ? overlong() : attack);
  }

  /** Some readers take C1 AF for an o. */
  private static Attack overlong() {
    byte[] stream =
        data(START.replace("tool_use", "t\u0001\u0002ol_use"))
            .getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < stream.length; i++) {
      stream[i] = stream[i] == 1 ? (byte) 0xC1 : stream[i] == 2 ? (byte) 0xAF : stream[i];
    }
    return new Attack("overlong characters", Style.MESSAGES, ByteString.fromArray(stream));
  }

  @ParameterizedTest
  @MethodSource
  void notUnderstood(Attack attack) {
    for (int chunk : List.of(1, 5, attack.stream.size())) {
      var guarded = attack.inPieces(chunk);

      assertThat(guarded.broken()).isIn(Cut.NOT_UNDERSTOOD, Cut.UNFINISHED);
      assertThat(guarded.out()).doesNotContain("evil").contains("error");
      assertThat(guarded.asked()).isEmpty();
    }
  }

  static Stream<Attack> seen() {
    String stop =
        data("{\"type\":\"content_block_stop\",\"index\":0}") + data("{\"type\":\"message_stop\"}");
    return Stream.of(
        messages(
            "written with escapes", data(START.replace("tool_use", "t\\u006fol\\u005fuse")) + stop),
        messages(
            "names written with escapes",
            data(START.replace("\"type\":\"tool_use\"", "\"t\\u0079pe\":\"\\u0074ool_use\""))
                + stop),
        chat(
            "written with escapes", chunk("{\"tool\\u005Fcalls\":" + CALLS + "}") + data("[DONE]")),
        chat(
            "in the old style",
            chunk("{\"function_call\":{\"name\":\"evil\",\"arguments\":\"{}\"}}") + data("[DONE]")),
        chat(
            "without a mark of the end",
            chunk("{\"tool_calls\":" + CALLS + "}")
                + data("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")),
        chat(
            "with a custom tool",
            chunk(
                    "{\"tool_calls\":[{\"index\":0,\"id\":\"call_evil\",\"type\":\"custom\",\"custom\":{\"name\":\"evil\",\"input\":\"rm\"}}]}")
                + data("[DONE]")),
        responses(
            "only in the output",
            data("{\"type\":\"response.completed\",\"response\":{\"output\":[" + ITEM + "]}}")),
        responses(
            "only when done",
            data(
                    "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":"
                        + ITEM
                        + "}")
                + data("{\"type\":\"response.completed\",\"response\":{\"output\":[]}}")),
        responses(
            "of a kind that nobody knows",
            data(
                    "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"type\":\"evil_call\",\"call_id\":\"evil\",\"action\":{}}}")
                + data("{\"type\":\"response.completed\",\"response\":{\"output\":[]}}")),
        responses(
            "to be approved",
            data(
                    "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"type\":\"mcp_approval_request\",\"id\":\"mcpr_evil\",\"name\":\"evil\",\"server_label\":\"s\",\"arguments\":\"{}\"}}")
                + data("{\"type\":\"response.completed\",\"response\":{\"output\":[]}}")));
  }

  @ParameterizedTest
  @MethodSource
  void seen(Attack attack) {
    String stream = attack.stream.utf8String();

    assertThat(Guarded.whole(attack.style, true, stream, _ -> true).out()).isEqualTo(stream);
    var denied = Guarded.whole(attack.style, true, stream, _ -> false);
    assertThat(denied.broken()).isNull();
    assertThat(denied.asked()).extracting(ProposedCall::tool).containsExactly("evil");
    assertThat(denied.asked()).extracting(ProposedCall::refusal).containsOnlyNulls();
    assertThat(denied.out())
        .doesNotContain("_evil", "rm", "evil_call")
        .contains(Guarded.ACTION.toString());
  }

  /** What was decided about is what there was by then. */
  static Stream<Attack> afterTheDecision() {
    String start = data(START.replace("evil", "tool"));
    String piece =
        data(
            "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"evil\\\":1}\"}}");
    String stop = data("{\"type\":\"content_block_stop\",\"index\":0}");
    String reason = data("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"}}");
    String end = data("{\"type\":\"message_stop\"}");
    String called = start + stop + reason;
    String item =
        data(
                "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":"
                    + ITEM.replace("evil", "tool")
                    + "}")
            + data("{\"type\":\"response.completed\",\"response\":{\"output\":[]}}");
    return Stream.of(
        messages("a piece", called + piece + end),
        messages("a piece after the end", called + end + piece),
        messages("a piece of another call", called + piece.replace(":0,", ":1,") + end),
        messages(
            "a piece in another case", called + piece.replace("input_json", "Input_JSON") + end),
        messages("a piece with escapes", called + piece.replace("_json", "\\u005fjson") + end),
        messages(
            "a piece after empty ones",
            start + piece.replace("{\\\"evil\\\":1}", "") + stop + reason + piece + stop + end),
        messages("a block in the same place", called + data(START) + stop + end),
        messages(
            "a piece for the provider's own",
            start.replace("tool_use", "server_tool_use") + stop + piece + reason + end),
        responses(
            "a piece",
            item
                + data(
                    "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":0,\"item_id\":\"fc_tool\",\"delta\":\"evil\"}")),
        responses(
            "a piece without a place",
            item
                + data(
                    "{\"type\":\"response.function_call_arguments.delta\",\"item_id\":\"fc_tool\",\"delta\":\"evil\"}")),
        responses(
            "all arguments in no place",
            item
                + data(
                    "{\"type\":\"response.function_call_arguments.done\",\"output_index\":null,\"item_id\":\"fc_tool\",\"arguments\":\"{\\\"evil\\\":1}\"}")),
        responses(
            "all arguments",
            item
                + data(
                    "{\"type\":\"response.function_call_arguments.done\",\"output_index\":0,\"item_id\":\"fc_tool\",\"arguments\":\"{\\\"evil\\\":1}\"}")));
  }

  @ParameterizedTest
  @MethodSource
  void afterTheDecision(Attack attack) {
    for (int chunk : List.of(1, 5, attack.stream.size())) {
      var guarded = attack.inPieces(chunk);

      assertThat(guarded.asked()).extracting(ProposedCall::tool).containsExactly("tool");
      assertThat(guarded.broken()).isEqualTo(Cut.NOT_UNDERSTOOD);
      assertThat(guarded.out()).doesNotContain("evil").contains("tool", "error");
    }
  }

  @Test
  void whatOnlyLooksLikeACallPasses() {
    String stream =
        data(
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"{\\\"type\\\":\\\"tool_use\\\"} \\u0041\"}}")
            + data("{\"type\":\"a_future_event\",\"x\":\"tool_use\"}")
            + "event: a_future_event\n: tool_use\n\n"
            + data("not JSON at all");

    assertThat(Guarded.whole(Style.MESSAGES, true, stream, _ -> false).out()).isEqualTo(stream);
  }

  static Stream<Attack> documents() {
    return Stream.of(
        messages(
            "twice", "{\"content\":[],\"content\":[{\"type\":\"tool_use\",\"name\":\"evil\"}]}"),
        messages(
            "deeper",
            "{\"content\":[{\"type\":\"group\",\"content\":[{\"type\":\"tool_use\",\"name\":\"evil\"}]}]}"),
        messages("in events", data(START)),
        messages("not closed", "{\"content\":[{\"type\":\"tool_use\",\"name\":\"evil\"}]"),
        messages("going on", "{}{\"content\":[{\"type\":\"tool_use\",\"name\":\"evil\"}]}"),
        chat(
            "as a piece", "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":" + CALLS + "}}]}"),
        chat(
            "in another case",
            "{\"choices\":[{\"index\":0,\"message\":{\"Tool_calls\":" + CALLS + "}}]}"),
        responses("deeper", "{\"output\":[{\"type\":\"group\",\"content\":[" + ITEM + "]}]}"));
  }

  /** Jackson, which the vendors' SDKs read with, guesses them from the first bytes. */
  @ParameterizedTest
  @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32LE", "UTF-32BE"})
  void aDocumentInWiderCharactersIsNotUnderstood(String charset) {
    byte[] document = Samples.document(Style.MESSAGES).getBytes(Charset.forName(charset));

    var guarded = new Guarded(Style.MESSAGES, false, _ -> true).feed(document).finish();

    assertThat(guarded.broken()).isEqualTo(Cut.NOT_UNDERSTOOD);
  }

  @ParameterizedTest
  @MethodSource
  void documents(Attack attack) {
    var guarded = Guarded.whole(attack.style, false, attack.stream.utf8String(), _ -> true);

    assertThat(guarded.broken()).isEqualTo(Cut.NOT_UNDERSTOOD);
    assertThat(guarded.out()).doesNotContain("evil").contains("error");
  }
}
