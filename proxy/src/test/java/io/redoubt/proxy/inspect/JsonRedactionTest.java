package io.redoubt.proxy.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is found in a body is replaced in it, and every other byte stays. */
class JsonRedactionTest {
  private static final JsonInspection.Limits LIMITS = new JsonInspection.Limits(1 << 20, 1 << 20);

  /** A marker, like any word, may say what a number directly behind it is. */
  private static final String APART = "\n" + "- ".repeat(40) + "\n";

  private static Optional<String> redacted(String body) {
    return JsonInspection.redacted(Inspector.STANDARD, LIMITS, body.getBytes(UTF_8), _ -> true)
        .map(bytes -> new String(bytes, UTF_8));
  }

  private static List<String> found(String body) {
    return JsonInspection.of(Inspector.STANDARD, LIMITS, "request", body.getBytes(UTF_8)).codes();
  }

  @Test
  void onlyWhatWasFoundIsReplaced() {
    assertThat(
            redacted(
                "{ \"a\" :1.50,\"messages\": [ {\"content\":\"Grüße an maria@keller.de \\u00fc\\n\"}]}\n"))
        .contains(
            "{ \"a\" :1.50,\"messages\": [ {\"content\":\"Grüße an [REDACTED:email] \\u00fc\\n\"}]}\n");
  }

  @Test
  void whatIsHiddenInEscapesIsReplacedWithThem() {
    assertThat(redacted("{\"content\":\"to \\u006daria\\u0040keller.de, ok\\uD83D\\uDE00\"}"))
        .contains("{\"content\":\"to [REDACTED:email], ok\\uD83D\\uDE00\"}");
  }

  @Test
  void whatIsInJsonWithinAStringIsReplacedThere() {
    assertThat(
            redacted(
                "{\"arguments\":\"{\\\"to\\\":\\\"maria\\\\u0040keller.de\\\",\\\"n\\\":4111111111111111}\"}"))
        .contains(
            "{\"arguments\":\"{\\\"to\\\":\\\"[REDACTED:email]\\\",\\\"n\\\":\\\"[REDACTED:payment-card]\\\"}\"}");
  }

  @Test
  void aNumberIsReplacedWhole() {
    assertThat(redacted("{\"card\": 4111111111111111}"))
        .contains("{\"card\": \"[REDACTED:payment-card]\"}");
  }

  @Test
  void whatStandsInANameCannotBeReplaced() {
    assertThat(redacted("{\"maria@keller.de\": \"x\"}")).isEmpty();
    assertThat(redacted("{\"maria@keller.de\": {}}")).isEmpty();
    assertThat(redacted("{\"a\": ")).isEmpty();
    assertThat(
            JsonInspection.redacted(
                Inspector.STANDARD,
                new JsonInspection.Limits(8, 0),
                "{\"content\":\"a longer text\"}".getBytes(UTF_8),
                _ -> true))
        .isEmpty();
  }

  @Test
  void aBodyWithoutFindingsIsTheSame() {
    String body = "{\"model\":\"m\",\"content\":\"nothing \\u0041 \\/ here\"}";

    assertThat(redacted(body)).contains(body);
  }

  /** Whatever is found wherever it stands, what comes out is JSON and holds none of it. */
  @Test
  void whatComesOutIsJsonAndHoldsNothing() throws Exception {
    var random = new Random(11);
    var samples = Corpus.all().stream().filter(each -> !each.beyond()).toList();
    for (int round = 0; round < 400; round++) {
      var content = new StringBuilder();
      var secrets = new ArrayList<String>();
      for (int i = 0; i < 3; i++) {
        var sample = samples.get(random.nextInt(samples.size()));
        content.append(new String(sample.text(), UTF_8)).append(APART);
        for (var span : sample.expected()) {
          secrets.add(
              new String(sample.text(), (int) span.from(), (int) (span.to() - span.from()), UTF_8));
        }
      }
      var message = Json.LENIENT.createObjectNode().put("role", "user");
      if (random.nextBoolean()) {
        message.put("content", content.toString());
      } else {
        message.put(
            "arguments",
            Json.LENIENT.createObjectNode().put("text", content.toString()).toString());
      }
      var body = Json.LENIENT.createObjectNode().put("model", "m");
      body.putArray("messages").add(message);

      String out = redacted(escaped(body, random)).orElseThrow();

      JsonNode read = Json.STRICT.readTree(out);
      assertThat(read.path("model").asText()).isEqualTo("m");
      String text = read.toString();
      for (String secret : secrets) {
        assertThat(text).doesNotContain(secret);
      }
      assertThat(found(out)).as(out).isEmpty();
    }
  }

  /** Some characters written as escapes. */
  private static String escaped(JsonNode body, Random random) {
    var out = new StringBuilder();
    boolean inString = false;
    boolean afterBackslash = false;
    String plainly = body.toString();
    for (int i = 0; i < plainly.length(); i++) {
      char c = plainly.charAt(i);
      boolean plain = inString && !afterBackslash && c != '"' && c != '\\' && Character.isLetter(c);
      if (plain && random.nextInt(10) == 0) {
        out.append("\\u%04x".formatted((int) c));
      } else {
        out.append(c);
      }
      if (c == '"' && !afterBackslash) {
        inString = !inString;
      }
      afterBackslash = c == '\\' && !afterBackslash;
    }
    return out.toString();
  }
}
