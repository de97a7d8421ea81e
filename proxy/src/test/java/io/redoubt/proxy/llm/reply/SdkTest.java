package io.redoubt.proxy.llm.reply;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlock;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.StopReason;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseOutputItem;
import com.openai.models.responses.ResponseStatus;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The vendors' SDKs take every reply that a guard changed, for what it is meant to say. */
class SdkTest {
  private static final MessageCreateParams MESSAGE =
      MessageCreateParams.builder().model("m").maxTokens(10).addUserMessage("x").build();
  private static final ChatCompletionCreateParams CHAT =
      ChatCompletionCreateParams.builder().model("m").addUserMessage("x").build();
  private static final ResponseCreateParams RESPONSE =
      ResponseCreateParams.builder().model("m").input("x").build();

  private static final String DENIED = "[Redoubt denied the call of the tool ";

  private static Guarded reply(Style style, boolean streamed, Predicate<ProposedCall> permitted) {
    String reply = streamed ? Samples.stream(style) : Samples.document(style);
    return Guarded.whole(style, streamed, reply, permitted);
  }

  private static Message message(boolean streamed, Predicate<ProposedCall> permitted) {
    byte[] reply = reply(Style.MESSAGES, streamed, permitted).outBytes();
    if (!streamed) {
      return OfficialSdks.anthropic(reply, "application/json").messages().create(MESSAGE);
    }
    var accumulator = MessageAccumulator.create();
    try (var events =
        OfficialSdks.anthropic(reply, "text/event-stream").messages().createStreaming(MESSAGE)) {
      events.stream().forEach(accumulator::accumulate);
    }
    return accumulator.message();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anthropicsTakesWhatIsLeftOfAMessage(boolean streamed) {
    var all = message(streamed, _ -> true);
    assertThat(all.content()).hasSize(3);
    assertThat(all.content().get(1).asToolUse().name()).isEqualTo("read_file");
    assertThat(all.stopReason()).hasValue(StopReason.TOOL_USE);

    var none = message(streamed, _ -> false);
    assertThat(none.content()).hasSize(3).allMatch(ContentBlock::isText);
    assertThat(none.content().get(1).asText().text()).startsWith(DENIED + "\"read_file\"");
    assertThat(none.content().get(2).asText().text())
        .contains(Guarded.ACTION.toString(), "pol_x", "not allowed");
    assertThat(none.stopReason()).hasValue(StopReason.END_TURN);

    var second = message(streamed, call -> call.tool().equals("weather"));
    assertThat(second.content().get(1).isText()).isTrue();
    assertThat(second.content().get(2).asToolUse()._input().toString()).contains("Zürich", "3");
    assertThat(second.stopReason()).hasValue(StopReason.TOOL_USE);
  }

  private static ChatCompletion completion(boolean streamed, Predicate<ProposedCall> permitted) {
    byte[] reply = reply(Style.CHAT, streamed, permitted).outBytes();
    if (!streamed) {
      return OfficialSdks.openAi(reply, "application/json").chat().completions().create(CHAT);
    }
    var accumulator = ChatCompletionAccumulator.create();
    try (var events =
        OfficialSdks.openAi(reply, "text/event-stream")
            .chat()
            .completions()
            .createStreaming(CHAT)) {
      events.stream().forEach(accumulator::accumulate);
    }
    return accumulator.chatCompletion();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void openAisTakesWhatIsLeftOfACompletion(boolean streamed) {
    var all = completion(streamed, _ -> true).choices().getFirst();
    assertThat(all.message().toolCalls().orElseThrow()).hasSize(2);
    assertThat(all.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);

    var none = completion(streamed, _ -> false).choices().getFirst();
    assertThat(none.message().toolCalls().orElse(List.of())).isEmpty();
    assertThat(none.message().content().orElseThrow())
        .startsWith("Let me look.\n\n" + DENIED)
        .contains("\"read_file\"", "\"weather\"", Guarded.ACTION.toString());
    assertThat(none.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);

    var second = completion(streamed, call -> call.tool().equals("weather")).choices().getFirst();
    assertThat(second.message().toolCalls().orElseThrow())
        .singleElement()
        .satisfies(call ->
            assertThat(call.function().orElseThrow().function().arguments())
                .isEqualTo(Samples.SECOND_ARGUMENTS));
    assertThat(second.message().content().orElseThrow()).contains("\"read_file\"");
    assertThat(second.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
  }

  private static Response response(boolean streamed, Predicate<ProposedCall> permitted) {
    byte[] reply = reply(Style.RESPONSES, streamed, permitted).outBytes();
    if (!streamed) {
      return OfficialSdks.openAi(reply, "application/json").responses().create(RESPONSE);
    }
    var accumulator = ResponseAccumulator.createWithSnapshots();
    try (var events =
        OfficialSdks.openAi(reply, "text/event-stream").responses().createStreaming(RESPONSE)) {
      events.stream().forEach(accumulator::accumulate);
    }
    // What it puts together from the pieces is what the last event says.
    assertThat(accumulator.reconstructedResponse().output().stream().map(SdkTest::said).toList())
        .isEqualTo(accumulator.response().output().stream().map(SdkTest::said).toList());
    return accumulator.response();
  }

  private static String said(ResponseOutputItem item) {
    return item.message()
        .map(message -> message.content().getFirst().asOutputText().text())
        .orElseGet(() -> item.functionCall().orElseThrow().arguments());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void openAisTakesWhatIsLeftOfAResponse(boolean streamed) {
    var all = response(streamed, _ -> true);
    assertThat(all.output().stream().map(SdkTest::said))
        .containsExactly("Let me look.", Samples.FIRST_ARGUMENTS, Samples.SECOND_ARGUMENTS);

    var none = response(streamed, _ -> false);
    assertThat(none.output()).hasSize(3).allMatch(item -> item.message().isPresent());
    assertThat(said(none.output().get(1))).startsWith(DENIED + "\"read_file\"");
    assertThat(none.status()).hasValue(ResponseStatus.COMPLETED);

    var second = response(streamed, call -> call.tool().equals("weather"));
    assertThat(second.output().get(1).message()).isPresent();
    assertThat(said(second.output().get(2))).isEqualTo(Samples.SECOND_ARGUMENTS);
  }
}
