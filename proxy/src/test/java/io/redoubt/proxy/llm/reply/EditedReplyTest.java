package io.redoubt.proxy.llm.reply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.StopReason;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import io.redoubt.action.Arguments;
import io.redoubt.approval.ApprovalRequest.Form;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A call that goes out with other arguments: nothing of the reply changes but these. */
class EditedReplyTest {
  /** As somebody wrote them, and as they go out. */
  private static final String WRITTEN = "{ \"path\": \"/tmp/ö\\\"\", \"lines\": [1, 2.50] }";

  private static final String EDITED = "{\"lines\":[1,2.5],\"path\":\"/tmp/ö\\\"\"}";

  private static CallVerdict.Edited edited(String arguments) {
    return new CallVerdict.Edited(Arguments.parse(arguments.getBytes(StandardCharsets.UTF_8)));
  }

  private static Function<ProposedCall, CallVerdict> editing(String tool) {
    return call -> call.tool().equals(tool) ? edited(WRITTEN) : new CallVerdict.Released();
  }

  private static String quoted(String arguments) {
    return ReplyJson.quoted(arguments);
  }

  private static Guarded guarded(
      Style style, boolean streamed, Function<ProposedCall, CallVerdict> judge) {
    String reply = streamed ? Samples.stream(style) : Samples.document(style);
    return Guarded.judged(style, streamed, judge).feed(Guarded.bytes(reply)).finish();
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void ofADocumentEveryOtherByteStays(Style style) {
    String out = guarded(style, false, editing("read_file")).out();

    String before =
        style == Style.MESSAGES ? Samples.FIRST_ARGUMENTS : quoted(Samples.FIRST_ARGUMENTS);
    String after = style == Style.MESSAGES ? EDITED : quoted(EDITED);
    assertThat(out).isEqualTo(Samples.document(style).replace(before, after));
  }

  private static Message message(boolean streamed, Function<ProposedCall, CallVerdict> judge) {
    byte[] reply = guarded(Style.MESSAGES, streamed, judge).outBytes();
    var asked = MessageCreateParams.builder().model("m").maxTokens(9).addUserMessage("x").build();
    if (!streamed) {
      return OfficialSdks.anthropic(reply, "application/json").messages().create(asked);
    }
    var accumulator = MessageAccumulator.create();
    try (var events =
        OfficialSdks.anthropic(reply, "text/event-stream").messages().createStreaming(asked)) {
      events.stream().forEach(accumulator::accumulate);
    }
    return accumulator.message();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anthropicsSdkTakesIt(boolean streamed) {
    var message = message(streamed, editing("read_file"));

    var first = message.content().get(1).asToolUse();
    assertThat(first.id()).isEqualTo("toolu_1");
    assertThat(first.name()).isEqualTo("read_file");
    assertThat(first._input().toString()).contains("/tmp/ö", "2.5").doesNotContain("passwd");
    assertThat(message.content().get(2).asToolUse()._input().toString()).contains("Zürich");
    assertThat(message.stopReason()).hasValue(StopReason.TOOL_USE);
  }

  private static ChatCompletion completion(
      boolean streamed, Function<ProposedCall, CallVerdict> judge) {
    byte[] reply = guarded(Style.CHAT, streamed, judge).outBytes();
    var asked = ChatCompletionCreateParams.builder().model("m").addUserMessage("x").build();
    if (!streamed) {
      return OfficialSdks.openAi(reply, "application/json").chat().completions().create(asked);
    }
    var accumulator = ChatCompletionAccumulator.create();
    try (var events =
        OfficialSdks.openAi(reply, "text/event-stream")
            .chat()
            .completions()
            .createStreaming(asked)) {
      events.stream().forEach(accumulator::accumulate);
    }
    return accumulator.chatCompletion();
  }

  private static List<String> calls(ChatCompletion completion) {
    return completion.choices().getFirst().message().toolCalls().orElseThrow().stream()
        .map(call -> call.function().orElseThrow())
        .map(call -> call.id() + " " + call.function().name() + " " + call.function().arguments())
        .toList();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void openAisSdkTakesItInACompletion(boolean streamed) {
    assertThat(calls(completion(streamed, editing("read_file"))))
        .containsExactly(
            "call_1 read_file " + EDITED, "call_2 weather " + Samples.SECOND_ARGUMENTS);
    assertThat(calls(completion(streamed, editing("weather"))))
        .containsExactly("call_1 read_file " + Samples.FIRST_ARGUMENTS, "call_2 weather " + EDITED);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void besideACallThatIsDeniedItIsChangedAsWell(boolean streamed) {
    Function<ProposedCall, CallVerdict> judge =
        call ->
            call.tool().equals("weather")
                ? edited(WRITTEN)
                : new CallVerdict.Denied(Guarded.ACTION, List.of("p"), "not allowed");

    assertThat(calls(completion(streamed, judge))).containsExactly("call_2 weather " + EDITED);
    assertThat(message(streamed, judge).content().get(2).asToolUse()._input().toString())
        .contains("/tmp/ö");
    assertThat(said(response(streamed, judge)).get(2)).isEqualTo(EDITED);
  }

  private static Response response(boolean streamed, Function<ProposedCall, CallVerdict> judge) {
    byte[] reply = guarded(Style.RESPONSES, streamed, judge).outBytes();
    var asked = ResponseCreateParams.builder().model("m").input("x").build();
    if (!streamed) {
      return OfficialSdks.openAi(reply, "application/json").responses().create(asked);
    }
    var accumulator = ResponseAccumulator.createWithSnapshots();
    try (var events =
        OfficialSdks.openAi(reply, "text/event-stream").responses().createStreaming(asked)) {
      events.stream().forEach(accumulator::accumulate);
    }
    assertThat(said(accumulator.reconstructedResponse()))
        .as("the pieces say what the last event says")
        .isEqualTo(said(accumulator.response()));
    return accumulator.response();
  }

  private static List<String> said(Response response) {
    return response.output().stream()
        .map(item ->
            item.message()
                .map(message -> message.content().getFirst().asOutputText().text())
                .orElseGet(() -> item.functionCall().orElseThrow().arguments()))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void openAisSdkTakesItInAResponse(boolean streamed) {
    assertThat(said(response(streamed, editing("read_file"))))
        .containsExactly("Let me look.", EDITED, Samples.SECOND_ARGUMENTS);
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void ofAStreamNothingIsLeftOfWhatItsArgumentsWere(Style style) {
    String out = guarded(style, true, editing("read_file")).out();

    assertThat(out).contains("/tmp/ö").doesNotContain("/etc/p").doesNotContain("sswd");
    assertThat(out.lines().filter(line -> line.startsWith("event: ")).toList())
        .as("the same events, but for pieces of Anthropic's that are one now")
        .isSubsetOf(
            Samples.stream(style).lines().filter(line -> line.startsWith("event: ")).toList());
    assertThat(numbers(out)).isEqualTo(numbers(Samples.stream(style)));
  }

  private static List<String> numbers(String stream) {
    return Pattern.compile("\"sequence_number\":[0-9]+")
        .matcher(stream)
        .results()
        .map(found -> found.group())
        .toList();
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void howeverTheStreamIsCutTheSameGoesOut(Style style) {
    byte[] stream = Guarded.bytes(Samples.stream(style));
    byte[] whole = guarded(style, true, editing("weather")).outBytes();

    for (int cut = 0; cut <= stream.length; cut += 13) {
      var guarded = Guarded.judged(style, true, editing("weather"));
      guarded.feed(Arrays.copyOf(stream, cut));
      guarded.feed(Arrays.copyOfRange(stream, cut, stream.length)).finish();
      assertThat(guarded.outBytes()).isEqualTo(whole);
    }
  }

  record Odd(String name, Style style, boolean streamed, String reply, String expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static String event(String data) {
    return "data: " + data + "\n\n";
  }

  private static String choice(String delta) {
    return "{\"choices\":[{\"index\":0,\"delta\":" + delta + "}]}";
  }

  static Stream<Odd> odd() {
    return Stream.of(
        new Odd(
            "a call without arguments",
            Style.MESSAGES,
            false,
            "{\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\"}]}",
            "{\"content\":[{\"input\":{\"input\":\"ls\"},\"type\":\"tool_use\",\"id\":\"t\","
                + "\"name\":\"f\"}]}"),
        new Odd(
            "all arguments at the beginning of a block",
            Style.MESSAGES,
            true,
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
                + "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\","
                + "\"input\":{\"a\":1}}}\n\nevent: content_block_stop\ndata:"
                + " {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_stop\ndata:"
                + " {\"type\":\"message_stop\"}\n\n",
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
                + "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\","
                + "\"input\":{}}}\n\nevent: content_block_delta\ndata:"
                + " {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                + "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"input\\\":\\\"ls\\\"}\"}}\n\n"
                + "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}"
                + "\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"),
        new Odd(
            "a tool that takes text",
            Style.CHAT,
            false,
            "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"c\",\"type\":\"custom\","
                + "\"custom\":{\"name\":\"sh\",\"input\":\"rm\"}}]}}]}",
            "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"c\",\"type\":\"custom\","
                + "\"custom\":{\"name\":\"sh\",\"input\":\"ls\"}}]}}]}"),
        new Odd(
            "the style of before there were several",
            Style.CHAT,
            false,
            "{\"choices\":[{\"message\":{\"function_call\":{\"name\":\"f\"}}}]}",
            "{\"choices\":[{\"message\":{\"function_call\":{\"arguments\":"
                + "\"{\\\"input\\\":\\\"ls\\\"}\",\"name\":\"f\"}}}]}"),
        new Odd(
            "pieces of that style",
            Style.CHAT,
            true,
            event(choice("{\"function_call\":{\"name\":\"f\",\"arguments\":\"{\\\"a\"}}"))
                + event(choice("{\"function_call\":{\"arguments\":\"\\\":1}\"}}"))
                + event("[DONE]"),
            event(
                    choice(
                        "{\"function_call\":{\"name\":\"f\",\"arguments\":"
                            + "\"{\\\"input\\\":\\\"ls\\\"}\"}}"))
                + event(choice("{\"function_call\":{\"arguments\":\"\"}}"))
                + event("[DONE]")),
        new Odd(
            "a response's tool that takes text",
            Style.RESPONSES,
            false,
            "{\"output\":[{\"id\":\"x\",\"type\":\"custom_tool_call\",\"call_id\":\"c\","
                + "\"name\":\"sh\",\"input\":\"rm\"}]}",
            "{\"output\":[{\"id\":\"x\",\"type\":\"custom_tool_call\",\"call_id\":\"c\","
                + "\"name\":\"sh\",\"input\":\"ls\"}]}"));
  }

  @ParameterizedTest
  @MethodSource("odd")
  void oddCallsAreChangedToo(Odd odd) {
    var guarded =
        Guarded.judged(odd.style, odd.streamed, _ -> edited("{\"input\":\"ls\"}"))
            .feed(Guarded.bytes(odd.reply))
            .finish();

    assertThat(guarded.broken()).as(guarded.out()).isNull();
    assertThat(guarded.out()).isEqualTo(odd.expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"content\":[{\"type\":\"server_tool_use\",\"id\":\"t\",\"name\":\"web\","
            + "\"input\":{}}]}",
        "{\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"\",\"input\":{}}]}"
      })
  void whatAProviderRunsAndWhatNobodyCanReadIsNotChanged(String reply) {
    var guarded = Guarded.judged(Style.MESSAGES, false, _ -> edited("{}"));
    guarded.feed(Guarded.bytes(reply));

    assertThatThrownBy(guarded::finish).isInstanceOf(IllegalArgumentException.class);
    assertThat(guarded.asked()).allMatch(call -> call.editable() == null);
  }

  @Test
  void aCallThatIsAllArgumentsIsNotChanged() {
    var guarded =
        Guarded.judged(Style.RESPONSES, false, _ -> new CallVerdict.Released())
            .feed(
                Guarded.bytes(
                    "{\"output\":[{\"id\":\"x\",\"type\":\"local_shell_call\","
                        + "\"call_id\":\"c\",\"action\":{\"command\":[\"ls\"]}}]}"))
            .finish();

    assertThat(guarded.asked())
        .singleElement()
        .satisfies(call -> assertThat(call.editable()).isNull());
  }

  @Test
  void whatMayBeChangedSaysInWhichForm() {
    assertThat(guarded(Style.CHAT, true, editing("none")).asked())
        .extracting(ProposedCall::editable)
        .containsOnly(Form.OBJECT);
  }
}
