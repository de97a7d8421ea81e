package io.redoubt.proxy.llm.reply;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import io.redoubt.content.EffectiveContentPolicy;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.policy.ContentPolicy.Layer;
import io.redoubt.protocol.policy.ContentPolicy.Rule;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import io.redoubt.proxy.llm.reply.TextGuard.Stop;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is to be redacted or blocked does not pass, however it was cut. */
class TextGuardTest {
  private static final String SECRET = "maria@keller.de";
  private static final String IBAN = "DE89370400440532013000";
  private static final String TEXT =
      "Grüße \"an\" 😀 " + SECRET + ", zahle " + IBAN + "\nheute: ein ziemlich langer Satz. Ende";
  private static final Pattern CALL =
      Pattern.compile("\"type\":\"tool_use\"|input_json_delta|tool_calls|function_call");
  private static final String REDACTED =
      TEXT.replace(SECRET, "[REDACTED:email]").replace(IBAN, "[REDACTED:iban]");

  private static EffectiveContentPolicy policy(ContentAction action) {
    return EffectiveContentPolicy.of(
        Map.of(
            Layer.ORGANIZATION,
            new ContentPolicy(
                List.of(new Rule("pii", List.of(Direction.REPLY), action, false)), List.of())));
  }

  private static TextGuard guard(Style style, boolean events, ContentAction action) {
    return TextGuard.of(style, events, Inspector.STANDARD, policy(action));
  }

  /** Half of a pair is written as an escape, as some providers cut their texts. */
  private static String json(String text) {
    var out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\' || c < ' ' || Character.isSurrogate(c)) {
        out.append("\\u%04x".formatted((int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }

  /** A stream whose only text comes in these pieces. */
  private static List<String> stream(Style style, List<String> pieces) {
    var events = new ArrayList<String>();
    String whole = String.join("", pieces);
    switch (style) {
      case MESSAGES -> {
        events.add(
            event(
                "message_start",
                "\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}"));
        events.add(
            event(
                "content_block_start",
                "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
        for (String piece : pieces) {
          events.add(
              event(
                  "content_block_delta",
                  "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":%s}"
                      .formatted(json(piece))));
        }
        events.add("event: ping\ndata: {\"type\": \"ping\"}\n\n");
        events.add(event("content_block_stop", "\"index\":0"));
        events.add(
            event(
                "message_delta",
                "\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":9}"));
        events.add("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
      }
      case CHAT -> {
        for (String piece : pieces) {
          events.add(
              chunk(
                  "{\"content\":%s}".formatted(json(piece)),
                  "{\"content\":[{\"token\":%s,\"logprob\":0,\"bytes\":null,\"top_logprobs\":[]}],\"refusal\":null}"
                      .formatted(json(piece)),
                  "null"));
        }
        events.add(chunk("{}", "null", "\"stop\""));
        events.add("data: [DONE]\n\n");
      }
      case RESPONSES -> {
        int sequence = 0;
        String item =
            "{\"id\":\"msg_1\",\"type\":\"message\",\"status\":\"%s\",\"role\":\"assistant\",\"content\":[%s]}";
        String part =
            "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":%s}"
                .formatted(json(whole));
        String at = ",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0";
        events.add(
            response(
                "output_item.added",
                sequence++,
                ",\"output_index\":0,\"item\":" + item.formatted("in_progress", "")));
        events.add(
            response(
                "content_part.added",
                sequence++,
                at
                    + ",\"part\":{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"\"}"));
        for (String piece : pieces) {
          events.add(
              response(
                  "output_text.delta",
                  sequence++,
                  at + ",\"logprobs\":[],\"delta\":" + json(piece)));
        }
        events.add(
            response(
                "output_text.done", sequence++, at + ",\"logprobs\":[],\"text\":" + json(whole)));
        events.add(response("content_part.done", sequence++, at + ",\"part\":" + part));
        events.add(
            response(
                "output_item.done",
                sequence++,
                ",\"output_index\":0,\"item\":" + item.formatted("completed", part)));
        events.add(
            response(
                "completed",
                sequence,
                ",\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1,\"status\":\"completed\",\"error\":null,\"incomplete_details\":null,\"instructions\":null,\"metadata\":{},\"model\":\"m\",\"parallel_tool_calls\":true,\"temperature\":1,\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":1,\"output\":["
                    + item.formatted("completed", part)
                    + "]}"));
      }
    }
    return events;
  }

  private static String event(String type, String rest) {
    return "event: %s\ndata: {\"type\":\"%s\",%s}\n\n".formatted(type, type, rest);
  }

  private static String chunk(String delta, String logprobs, String finish) {
    return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":%s,\"logprobs\":%s,\"finish_reason\":%s}]}\n\n"
        .formatted(delta, logprobs, finish);
  }

  private static String response(String type, int sequence, String rest) {
    return "event: response.%s\ndata: {\"type\":\"response.%s\",\"sequence_number\":%d%s}\n\n"
        .formatted(type, type, sequence, rest);
  }

  private static String through(TextGuard guard, List<String> events) {
    var out = ByteString.emptyByteString();
    for (String event : events) {
      out = out.concat(guard.feed(ByteString.fromString(event)));
    }
    return out.concat(guard.finish()).utf8String();
  }

  /** The text as a client puts it together. */
  private static String text(Style style, String out) {
    byte[] reply = out.getBytes(UTF_8);
    return switch (style) {
      case MESSAGES -> message(reply);
      case CHAT -> completion(reply);
      case RESPONSES -> response(reply);
    };
  }

  private static String message(byte[] reply) {
    var message = MessageAccumulator.create();
    var params = MessageCreateParams.builder().model("m").maxTokens(9).addUserMessage("x").build();
    try (var events =
        OfficialSdks.anthropic(reply, "text/event-stream").messages().createStreaming(params)) {
      events.stream().forEach(message::accumulate);
    }
    return message.message().content().getFirst().asText().text();
  }

  private static String completion(byte[] reply) {
    var chat = ChatCompletionAccumulator.create();
    var params = ChatCompletionCreateParams.builder().model("m").addUserMessage("x").build();
    try (var events =
        OfficialSdks.openAi(reply, "text/event-stream")
            .chat()
            .completions()
            .createStreaming(params)) {
      events.stream().forEach(chat::accumulate);
    }
    return chat.chatCompletion().choices().getFirst().message().content().orElse("");
  }

  private static String response(byte[] reply) {
    var response = ResponseAccumulator.create();
    var deltas = new StringBuilder();
    var params = ResponseCreateParams.builder().model("m").input("x").build();
    try (var events =
        OfficialSdks.openAi(reply, "text/event-stream").responses().createStreaming(params)) {
      events.stream()
          .forEach(each -> {
            response.accumulate(each);
            each.outputTextDelta().ifPresent(delta -> deltas.append(delta.delta()));
          });
    }
    String whole =
        response
            .response()
            .output()
            .getFirst()
            .asMessage()
            .content()
            .getFirst()
            .asOutputText()
            .text();
    assertThat(deltas).hasToString(whole);
    return whole;
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void whereverTheTextIsCutItIsRedactedAlike(Style style) {
    for (int at = 0; at <= TEXT.length(); at++) {
      var guard = guard(style, true, ContentAction.REDACT);
      var pieces = List.of(TEXT.substring(0, at), TEXT.substring(at));

      String out = through(guard, stream(style, pieces));

      assertThat(out).doesNotContain(SECRET).doesNotContain("keller").doesNotContain(IBAN);
      assertThat(guard.stopped()).isNull();
      assertThat(guard.acted())
          .containsExactly(
              Map.entry("pii:email", ContentAction.REDACT),
              Map.entry("pii:iban", ContentAction.REDACT));
      if (at % 8 == 0) {
        assertThat(text(style, out)).isEqualTo(REDACTED);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void manySmallPiecesSayTheSame(Style style) {
    var random = new Random(5);
    for (int round = 0; round < 20; round++) {
      var pieces = new ArrayList<String>();
      for (int at = 0; at < TEXT.length(); ) {
        int to = Math.min(TEXT.length(), at + 1 + random.nextInt(4));
        pieces.add(TEXT.substring(at, to));
        at = to;
      }

      String out = through(guard(style, true, ContentAction.REDACT), stream(style, pieces));

      assertThat(text(style, out)).isEqualTo(REDACTED);
      assertThat(out).doesNotContain("\"token\"");
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void whatNeedsNoChangePassesAtOnce(Style style) {
    var guard = guard(style, true, ContentAction.REDACT);
    var events = stream(style, List.of("All quiet here, ", "and there. "));
    var out = new StringBuilder();
    int longest = 0;
    for (String event : events) {
      int before = out.length();
      out.append(guard.feed(ByteString.fromString(event)).utf8String());
      longest = Math.max(longest, event.length() - (out.length() - before));
    }
    out.append(guard.finish().utf8String());

    assertThat(text(style, out.toString())).isEqualTo("All quiet here, and there. ");
    assertThat(longest).as("held back at a time, beside logprobs").isLessThan(140);
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void whatIsToBeBlockedEndsTheReplyAndNothingOfItPasses(Style style) {
    for (int at = 1; at < TEXT.length(); at += 3) {
      var guard = guard(style, true, ContentAction.BLOCK);

      String out =
          through(guard, stream(style, List.of(TEXT.substring(0, at), TEXT.substring(at))));

      assertThat(guard.stopped()).isEqualTo(Stop.BLOCKED);
      assertThat(out).doesNotContain("keller").doesNotContain("DE89");
      assertThat(out).contains("content policy blocks what the model has answered (pii:");
      assertThat(out).doesNotContain("message_stop").doesNotContain("[DONE]");
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void toolCallsPassAsTheyWereDecided(Style style) {
    String reply = Samples.stream(style);
    var guard = guard(style, true, ContentAction.BLOCK);

    String out = through(guard, List.of(reply));

    assertThat(guard.stopped()).isNull();
    // Where events of ours stand between, those behind them are counted anew.
    assertThat(unnumbered(out))
        .contains(
            Arrays.stream(unnumbered(reply).split("\n\n", -1))
                .filter(event -> CALL.matcher(event).find())
                .toList())
        .doesNotContain("name_delta");
    var document = guard(style, false, ContentAction.BLOCK);
    assertThat(through(document, List.of(Samples.document(style))))
        .isEqualTo(Samples.document(style));
  }

  private static String unnumbered(String events) {
    return events.replaceAll("\"sequence_number\":[0-9]+", "");
  }

  @Test
  void aDocumentIsRedactedInItsTextsAndNowhereElse() {
    String document =
        "{ \"id\":\"c\", \"choices\":[{\"index\":0,\"logprobs\":{\"content\":[{\"token\":\"maria@keller.de\"}]},"
            + "\"message\":{\"role\":\"assistant\",\"content\":\"to maria\\u0040keller.de!\","
            + "\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"mail\",\"arguments\":\"{\\\"to\\\":\\\"maria@keller.de\\\"}\"}}]}}] }";
    var guard = guard(Style.CHAT, false, ContentAction.REDACT);

    String out = through(guard, List.of(document.substring(0, 30), document.substring(30)));

    assertThat(out)
        .isEqualTo(
            document
                .replace("{\"content\":[{\"token\":\"maria@keller.de\"}]}", "null")
                .replace("to maria\\u0040keller.de!", "to [REDACTED:email]!"));
  }

  @Test
  void aDocumentWithSomethingToBlockDoesNotPass() {
    var guard = guard(Style.MESSAGES, false, ContentAction.BLOCK);

    assertThat(
            through(
                guard,
                List.of("{\"content\":[{\"type\":\"text\",\"text\":\"to maria@keller.de\"}]}")))
        .isEmpty();
    assertThat(guard.stopped()).isEqualTo(Stop.BLOCKED);
  }

  @Test
  void whatCannotBeReadInOneWayDoesNotPass() {
    var twice = guard(Style.CHAT, true, ContentAction.REDACT);
    through(twice, List.of("data: {\"a\":1,\"a\":\"maria@keller.de\"}\n\n"));
    assertThat(twice.stopped()).isEqualTo(Stop.NOT_UNDERSTOOD);

    var document = guard(Style.CHAT, false, ContentAction.REDACT);
    assertThat(through(document, List.of("{\"a\":"))).isEmpty();
    assertThat(document.stopped()).isEqualTo(Stop.NOT_UNDERSTOOD);
  }
}
