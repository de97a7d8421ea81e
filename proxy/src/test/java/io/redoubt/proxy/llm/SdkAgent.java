package io.redoubt.proxy.llm;

import com.anthropic.client.AnthropicClientImpl;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientImpl;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import java.util.ArrayList;
import java.util.List;

/** An agent that is written with the vendors' SDKs. */
final class SdkAgent {
  private static final MessageCreateParams MESSAGE =
      MessageCreateParams.builder()
          .model("claude-sonnet-4-5")
          .maxTokens(100)
          .addUserMessage("x")
          .build();
  private static final ChatCompletionCreateParams CHAT =
      ChatCompletionCreateParams.builder().model("gpt-4o").addUserMessage("x").build();
  private static final ResponseCreateParams RESPONSE =
      ResponseCreateParams.builder().model("gpt-4o").input("x").build();

  /** What it makes of a reply: the calls that it would carry out, the text that it would show. */
  record Heard(List<String> calls, String text, String stop) {}

  private final LlmFixture plane;

  SdkAgent(LlmFixture plane) {
    this.plane = plane;
  }

  Heard ask(Style style, boolean streamed) {
    return switch (style) {
      case MESSAGES -> heard(message(streamed));
      case CHAT -> heard(completion(streamed));
      case RESPONSES -> heard(response(streamed));
    };
  }

  private Message message(boolean streamed) {
    var messages =
        new AnthropicClientImpl(
                com.anthropic.core.ClientOptions.builder()
                    .httpClient(new SdkWire.ForAnthropic(plane.client))
                    .baseUrl(plane.uri("").toString())
                    .putHeader("x-api-key", plane.token())
                    .maxRetries(0)
                    .checkJacksonVersionCompatibility(false)
                    .build())
            .messages();
    if (!streamed) {
      return messages.create(MESSAGE);
    }
    var accumulator = MessageAccumulator.create();
    try (var events = messages.createStreaming(MESSAGE)) {
      events.stream().forEach(accumulator::accumulate);
    }
    return accumulator.message();
  }

  private static Heard heard(Message message) {
    var calls = new ArrayList<String>();
    var text = new StringBuilder();
    message
        .content()
        .forEach(block -> {
          block.toolUse().ifPresent(call -> calls.add(call.name()));
          block.text().ifPresent(said -> text.append(said.text()).append('\n'));
        });
    return new Heard(
        calls, text.toString(), message.stopReason().map(why -> why.asString()).orElse(""));
  }

  private OpenAIClient openAi() {
    return new OpenAIClientImpl(
        com.openai.core.ClientOptions.builder()
            .httpClient(new SdkWire.ForOpenAi(plane.client))
            .baseUrl(plane.uri("/v1").toString())
            .apiKey(plane.token())
            .maxRetries(0)
            .checkJacksonVersionCompatibility(false)
            .build());
  }

  private ChatCompletion completion(boolean streamed) {
    var completions = openAi().chat().completions();
    if (!streamed) {
      return completions.create(CHAT);
    }
    var accumulator = ChatCompletionAccumulator.create();
    try (var events = completions.createStreaming(CHAT)) {
      events.stream().forEach(accumulator::accumulate);
    }
    return accumulator.chatCompletion();
  }

  private static Heard heard(ChatCompletion completion) {
    var choice = completion.choices().getFirst();
    return new Heard(
        choice.message().toolCalls().orElse(List.of()).stream()
            .map(call -> call.function().orElseThrow().function().name())
            .toList(),
        choice.message().content().orElse(""),
        choice.finishReason().asString());
  }

  private Response response(boolean streamed) {
    var responses = openAi().responses();
    if (!streamed) {
      return responses.create(RESPONSE);
    }
    var accumulator = ResponseAccumulator.create();
    try (var events = responses.createStreaming(RESPONSE)) {
      events.stream().forEach(accumulator::accumulate);
    }
    return accumulator.response();
  }

  private static Heard heard(Response response) {
    var calls = new ArrayList<String>();
    var text = new StringBuilder();
    response
        .output()
        .forEach(item -> {
          item.functionCall().ifPresent(call -> calls.add(call.name()));
          item.message()
              .ifPresent(said ->
                  said.content()
                      .forEach(part -> text.append(part.asOutputText().text()).append('\n')));
        });
    return new Heard(
        calls, text.toString(), response.status().map(status -> status.asString()).orElse(""));
  }
}
