package io.redoubt.proxy.llm.reply;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The less common shapes of calls in replies. */
class ReplyShapesTest {
  private static String chunk(String choices) {
    return "data: {\"id\":\"c\",\"choices\":[" + choices + "],\"usage\":null}\n\n";
  }

  @Test
  void aCallInTheLastPieceOfItsChoiceIsExplainedBeforeTheEnd() {
    String stream =
        chunk(
                """
                {"index":0,"delta":{"role":"assistant","content":"","tool_calls":[{"index":0,"id":"call_1","function":{"name":"rm","arguments":"{}"}}]},"finish_reason":"tool_calls"}\
                """)
            + "data: [DONE]\n\n";

    var out = Guarded.whole(Style.CHAT, true, stream, _ -> false).out();

    assertThat(out)
        .contains("{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":\"stop\"")
        .doesNotContain("call_1", "tool_calls");
    assertThat(out.indexOf("Redoubt denied")).isBetween(0, out.indexOf("\"stop\""));
  }

  @Test
  void choicesAreDecidedTogetherAndChangedEachForItself() {
    String call =
        """
        {"index":%d,"delta":{"tool_calls":[{"index":%d,"id":"call_%s","type":"function","function":{"name":"%s","arguments":"{}"}}]},"finish_reason":null}\
        """;
    String end = "{\"index\":%d,\"delta\":{},\"finish_reason\":\"tool_calls\"}";
    String stream =
        chunk(call.formatted(0, 0, "a", "rm") + "," + call.formatted(1, 0, "b", "ls"))
            + chunk(end.formatted(0))
            + chunk(call.formatted(1, 1, "c", "rm"))
            + chunk(call.formatted(1, 2, "d", "ls"))
            + chunk(end.formatted(1))
            + "data: [DONE]\n\n";

    var guarded = Guarded.whole(Style.CHAT, true, stream, each -> each.tool().equals("ls"));

    assertThat(guarded.questions).hasSize(1);
    assertThat(guarded.asked())
        .extracting(ProposedCall::id)
        .containsExactly("call_a", "call_b", "call_c", "call_d");
    assertThat(guarded.out())
        .doesNotContain("call_a", "call_c")
        .contains("{\"index\":0,\"id\":\"call_b\"", "{\"index\":1,\"id\":\"call_d\"")
        .contains(
            "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}",
            "{\"index\":1,\"delta\":{},\"finish_reason\":\"tool_calls\"}");
  }

  @Test
  void theOldStyleIsExplainedLikewise() {
    String document =
        "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"function_call\":{\"name\":\"rm\",\"arguments\":\"{}\"}},\"finish_reason\":\"function_call\"}]}";

    assertThat(Guarded.whole(Style.CHAT, false, document, _ -> true).out()).isEqualTo(document);
    assertThat(Guarded.whole(Style.CHAT, false, document, _ -> false).out())
        .contains("\"message\":{\"content\":\"[Redoubt denied", "\"finish_reason\":\"stop\"")
        .doesNotContain("function_call");
  }

  private static String event(String type, int sequence, String rest) {
    return "event: %s\ndata: {\"type\":\"%s\",\"sequence_number\":%d,%s}\n\n"
        .formatted(type, type, sequence, rest);
  }

  @Test
  void whatOpenAiDoesItselfIsDecidedAtOnceAndItsDenialTakesWhatFollowsAway() {
    String search =
        "{\"type\":\"web_search_call\",\"id\":\"ws_1\",\"status\":\"completed\",\"action\":{\"type\":\"search\",\"query\":\"q\"}}";
    String text =
        "{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"found\"}]}";
    String before =
        event(
                "response.output_item.added",
                0,
                "\"output_index\":0,\"item\":{\"type\":\"web_search_call\",\"id\":\"ws_1\",\"status\":\"in_progress\"}")
            + event(
                "response.web_search_call.searching", 1, "\"output_index\":0,\"item_id\":\"ws_1\"")
            + event("response.output_item.done", 2, "\"output_index\":0,\"item\":" + search);
    String after =
        event("response.output_item.done", 3, "\"output_index\":1,\"item\":" + text)
            + event(
                "response.completed",
                4,
                "\"response\":{\"output\":[" + search + "," + text + "],\"usage\":{}}");

    var first = Guarded.whole(Style.RESPONSES, true, before + after, _ -> true);
    var denied = Guarded.whole(Style.RESPONSES, true, before + after, _ -> false);

    assertThat(first.out()).isEqualTo(before + after);
    assertThat(first.asked())
        .extracting(ProposedCall::tool, ProposedCall::executor)
        .containsExactly(tuple("web_search", ProposedCall.Executor.PROVIDER));
    assertThat(denied.out())
        .doesNotContain("found", "ws_1", "\"q\"")
        .contains("response.completed", Guarded.ACTION.toString(), "\"usage\":{}");
    assertThat(sequence(denied.out())).containsExactly(0, 1, 2, 3, 4, 5, 6);
  }

  private static String drawn(String result) {
    return "{\"type\":\"image_generation_call\",\"id\":\"ig_1\",\"status\":\"completed\","
        + "\"revised_prompt\":\"a cat\",\"result\":\""
        + result
        + "\"}";
  }

  private static String drawing(String result) {
    return event(
            "response.output_item.added",
            0,
            "\"output_index\":0,\"item\":{\"type\":\"image_generation_call\",\"id\":\"ig_1\",\"status\":\"in_progress\"}")
        + event(
            "response.image_generation_call.partial_image",
            1,
            "\"output_index\":0,\"item_id\":\"ig_1\",\"partial_image_b64\":\"Zm9v\"")
        + event("response.output_item.done", 2, "\"output_index\":0,\"item\":" + drawn(result))
        + event(
            "response.completed",
            3,
            "\"response\":{\"output\":[" + drawn(result) + "],\"usage\":{}}");
  }

  @Test
  void aPictureIsDrawnByACallLikeAnyOtherOfOpenAis() {
    String stream = drawing("YmFy");

    var permitted = Guarded.whole(Style.RESPONSES, true, stream, _ -> true);
    var denied = Guarded.whole(Style.RESPONSES, true, stream, _ -> false);

    assertThat(permitted.out()).isEqualTo(stream);
    assertThat(permitted.asked())
        .extracting(ProposedCall::tool, ProposedCall::executor)
        .containsExactly(tuple("image_generation", ProposedCall.Executor.PROVIDER));
    assertThat(new String(permitted.asked().getFirst().arguments().json(), UTF_8))
        .contains("a cat")
        .doesNotContain("YmFy");
    assertThat(denied.out())
        .doesNotContain("Zm9v", "YmFy", "ig_1")
        .contains("response.completed", Guarded.ACTION.toString());
  }

  @Test
  void andSoItIsInADocument() {
    String document = "{\"output\":[" + drawn("YmFy") + "]}";

    assertThat(Guarded.whole(Style.RESPONSES, false, document, _ -> true).out())
        .isEqualTo(document);
    assertThat(Guarded.whole(Style.RESPONSES, false, document, _ -> false).out())
        .contains(Guarded.ACTION.toString())
        .doesNotContain("YmFy");
  }

  @Test
  void eventsOfResponsesStayCountedWithoutAGap() {
    var none = Guarded.whole(Style.RESPONSES, true, Samples.stream(Style.RESPONSES), _ -> false);

    var numbers = sequence(none.out());

    for (int i = 0; i < numbers.size(); i++) {
      assertThat(numbers.get(i)).isEqualTo(i);
    }
  }

  private static List<Integer> sequence(String stream) {
    var numbers = new ArrayList<Integer>();
    var matcher = Pattern.compile("\"sequence_number\":(\\d+)").matcher(stream);
    while (matcher.find()) {
      numbers.add(Integer.parseInt(matcher.group(1)));
    }
    return numbers;
  }

  @Test
  void aReplyThatStoppedForLengthInTheMiddleOfACallLosesTheCall() {
    String stream =
        Samples.stream(Style.MESSAGES)
            .replace(",\\\"days\\\":3}", "")
            .replace("\"stop_reason\":\"tool_use\"", "\"stop_reason\":\"max_tokens\"");

    var guarded = Guarded.whole(Style.MESSAGES, true, stream, _ -> true);

    assertThat(guarded.asked()).extracting(ProposedCall::refusal).containsExactly(null, "not JSON");
    assertThat(guarded.out()).contains("toolu_1", "max_tokens").doesNotContain("toolu_2");
  }

  @Test
  void halfACharacterInArgumentsIsRefused() {
    String stream = Samples.stream(Style.MESSAGES).replace("Zürich", "\\ud800");

    assertThat(Guarded.whole(Style.MESSAGES, true, stream, _ -> true).asked().getLast().refusal())
        .isEqualTo("not valid Unicode");
  }
}
