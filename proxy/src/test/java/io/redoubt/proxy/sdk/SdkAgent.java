package io.redoubt.proxy.sdk;

import com.anthropic.client.AnthropicClientImpl;
import com.anthropic.errors.AnthropicException;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientImpl;
import com.openai.errors.OpenAIException;
import com.openai.errors.OpenAIServiceException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** An agent that is written with the vendors' SDKs. */
public final class SdkAgent {
  private static final int MOST_TOKENS = 100;

  /** What it speaks. */
  public enum Api {
    MESSAGES,
    CHAT,
    RESPONSES
  }

  /**
   * What it asks which model.
   *
   * @param headers beside those of the SDK
   */
  public record Question(String model, String prompt, Map<String, String> headers) {
    public Question(String model, String prompt) {
      this(model, prompt, Map.of());
    }
  }

  /** What became of a question. */
  public sealed interface Answer {
    /** As the answer names it; empty: it names none, or there was none. */
    String action();
  }

  /** What it makes of a reply: the calls that it would carry out, the text that it would show. */
  public record Heard(String action, List<String> calls, String text, String stop)
      implements Answer {}

  /**
   * An error in the vendor's words.
   *
   * @param status of the answer, so 200 where the error stands in a stream
   */
  public record Refused(String action, int status, String words) implements Answer {}

  /** No answer, or none that the SDK takes for whole. */
  public record Broken(String action, String how) implements Answer {}

  private final HttpClient client;
  private final String base;
  private final Supplier<String> token;
  private final int retries;

  /**
   * An agent.
   *
   * @param base where the product listens, without a slash at its end
   * @param retries of the SDKs; two is what they do by themselves
   */
  public SdkAgent(HttpClient client, String base, Supplier<String> token, int retries) {
    this.client = client;
    this.base = base;
    this.token = token;
    this.retries = retries;
  }

  /** Asks, and raises what the SDK raises. */
  public Heard ask(Api api, boolean streamed, Question question) {
    return new Asked(question).ask(api, streamed);
  }

  /** Asks, whatever comes of it. */
  public Answer attempt(Api api, boolean streamed, Question question) {
    var asked = new Asked(question);
    try {
      return asked.ask(api, streamed);
    } catch (AnthropicServiceException e) {
      return new Refused(asked.action(), e.statusCode(), e.body().toString());
    } catch (OpenAIServiceException e) {
      return new Refused(asked.action(), e.statusCode(), e.body().toString());
    } catch (AnthropicException
        | OpenAIException
        | UncheckedIOException
        | IllegalStateException e) {
      return new Broken(asked.action(), e.toString());
    }
  }

  /** One question on its way. */
  private final class Asked {
    private final Question question;
    private String action = "";

    Asked(Question question) {
      this.question = question;
    }

    private void see(HttpHeaders head) {
      action = head.firstValue("x-redoubt-action").orElse("");
    }

    String action() {
      return action;
    }

    Heard ask(Api api, boolean streamed) {
      return switch (api) {
        case MESSAGES -> heard(message(streamed));
        case CHAT -> heard(completion(streamed));
        case RESPONSES -> heard(response(streamed));
      };
    }

    private Message message(boolean streamed) {
      var messages =
          new AnthropicClientImpl(
                  com.anthropic.core.ClientOptions.builder()
                      .httpClient(new SdkWire.ForAnthropic(client, this::see))
                      .baseUrl(base)
                      .putHeader("x-api-key", token.get())
                      .maxRetries(retries)
                      .checkJacksonVersionCompatibility(false)
                      .build())
              .messages();
      var builder =
          MessageCreateParams.builder()
              .model(question.model())
              .maxTokens(MOST_TOKENS)
              .addUserMessage(question.prompt());
      question.headers().forEach(builder::putAdditionalHeader);
      var message = builder.build();
      if (!streamed) {
        return messages.create(message);
      }
      var accumulator = MessageAccumulator.create();
      try (var events = messages.createStreaming(message)) {
        events.stream().forEach(accumulator::accumulate);
      }
      return accumulator.message();
    }

    private Heard heard(Message message) {
      var calls = new ArrayList<String>();
      var text = new StringBuilder();
      message
          .content()
          .forEach(block -> {
            block.toolUse().ifPresent(call -> calls.add(call.name()));
            block.text().ifPresent(said -> text.append(said.text()).append('\n'));
          });
      return new Heard(
          action(),
          calls,
          text.toString(),
          message.stopReason().map(why -> why.asString()).orElse(""));
    }

    private OpenAIClient openAi() {
      return new OpenAIClientImpl(
          com.openai.core.ClientOptions.builder()
              .httpClient(new SdkWire.ForOpenAi(client, this::see))
              .baseUrl(base + "/v1")
              .apiKey(token.get())
              .maxRetries(retries)
              .checkJacksonVersionCompatibility(false)
              .build());
    }

    private ChatCompletion completion(boolean streamed) {
      var completions = openAi().chat().completions();
      var builder =
          ChatCompletionCreateParams.builder()
              .model(question.model())
              .maxCompletionTokens(MOST_TOKENS)
              .addUserMessage(question.prompt());
      question.headers().forEach(builder::putAdditionalHeader);
      var chat = builder.build();
      if (!streamed) {
        return completions.create(chat);
      }
      var accumulator = ChatCompletionAccumulator.create();
      try (var events = completions.createStreaming(chat)) {
        events.stream().forEach(accumulator::accumulate);
      }
      return accumulator.chatCompletion();
    }

    private Heard heard(ChatCompletion completion) {
      var choice = completion.choices().getFirst();
      return new Heard(
          action(),
          choice.message().toolCalls().orElse(List.of()).stream()
              .map(call -> call.function().orElseThrow().function().name())
              .toList(),
          choice.message().content().orElse(""),
          choice.finishReason().asString());
    }

    private Response response(boolean streamed) {
      var responses = openAi().responses();
      var builder =
          ResponseCreateParams.builder()
              .model(question.model())
              .maxOutputTokens(MOST_TOKENS)
              .input(question.prompt());
      question.headers().forEach(builder::putAdditionalHeader);
      var asked = builder.build();
      if (!streamed) {
        return responses.create(asked);
      }
      var accumulator = ResponseAccumulator.create();
      try (var events = responses.createStreaming(asked)) {
        events.stream().forEach(accumulator::accumulate);
      }
      return accumulator.response();
    }

    private Heard heard(Response response) {
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
          action(),
          calls,
          text.toString(),
          response.status().map(status -> status.asString()).orElse(""));
    }
  }
}
