package io.redoubt.proxy.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.audit.Coverage;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyInspectionTest {
  private static String stream(String... events) {
    return Arrays.stream(events)
        .map(event -> "event: message\ndata: " + event + "\n\n")
        .collect(Collectors.joining());
  }

  private static JsonInspection.Result inspect(String... events) {
    return inPieces(stream(events), Integer.MAX_VALUE);
  }

  private static JsonInspection.Result inPieces(String stream, int longest) {
    var inspection = new ReplyInspection(Inspector.STANDARD);
    byte[] bytes = stream.getBytes(UTF_8);
    for (int at = 0; at < bytes.length; ) {
      int to = (int) Math.min(bytes.length, (long) at + longest);
      inspection.see(bytes, at, to);
      at = to;
    }
    return inspection.end();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}}",
        "{\"type\":\"content_block_delta\",\"delta\":{\"thinking\":\"%s\"},\"index\":1}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"%s\"}}]}",
        "{\"choices\":[{\"delta\":{\"reasoning_content\":\"%s\"},\"index\":0}]}",
        "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"%s\"}",
        "{\"kind\":\"nobody knows\",\"delta\":{\"parts\":[{\"t\":\"%s\"}]}}"
      })
  void whatIsCutBetweenEventsIsFound(String event) {
    String[] events = {
      event.formatted("write to a@"), event.formatted("b."), event.formatted("\\u0064e")
    };
    var result = inspect(events);

    assertThat(result.findings())
        .singleElement()
        .satisfies(each -> {
          assertThat(each.finding().code()).isEqualTo("pii:email");
          assertThat(each.finding().offset()).isEqualTo(9);
          assertThat(each.finding().length()).isEqualTo(6);
        });
    assertThat(result.gaps()).isEmpty();
    for (int longest = 1; longest < 30; longest++) {
      assertThat(inPieces(stream(events), longest)).isEqualTo(result);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"%s\"}}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":2,\"function\":{\"arguments\":\"%s\"}}]}}]}",
        "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":1,\"delta\":\"%s\"}"
      })
  void escapesInArgumentsHideNothingEvenCutInTheirMidst(String event) {
    var result =
        inspect(event.formatted("{\\\"to\\\":\\\"a\\\\u00"), event.formatted("40b.de\\\"}"));

    assertThat(result.codes()).containsExactly("pii:email");
  }

  @Test
  void aBlockGoesOnWhereItBegan() {
    assertThat(
            inspect(
                    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"a@b\"}}",
                    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\".de\"}}")
                .codes())
        .containsExactly("pii:email");
  }

  @Test
  void textsOfOneReplyAreNotMixed() {
    String chat = "{\"choices\":[{\"index\":%d,\"delta\":{\"content\":\"%s\"}}]}";
    String message = "{\"index\":%d,\"delta\":{\"text\":\"%s\"}}";
    String response = "{\"output_index\":%d,\"content_index\":0,\"delta\":\"%s\"}";

    for (String event : List.of(chat, message, response)) {
      assertThat(inspect(event.formatted(0, "a@b"), event.formatted(1, ".de")).findings())
          .as(event)
          .isEmpty();
    }
  }

  @Test
  void whatIsNoPieceIsATextOfItsOwn() {
    String event = "{\"type\":\"response.output_text.done\",\"text\":\"%s\"}";

    assertThat(inspect(event.formatted("a@b"), event.formatted(".de")).findings()).isEmpty();
    assertThat(inspect(event.formatted("a@b.de"), event.formatted("c@d.de")).findings()).hasSize(2);
  }

  @Test
  void whatIsNoTextIsNothingAndWhatIsNoJsonIsSaid() {
    assertThat(inspect("[DONE]", "", "{\"type\":\"ping\"}", "{\"usage\":{\"a\":1}}").gaps())
        .isEmpty();
    assertThat(inspect("{broken", "\"a@b.de\"", "{again").gaps())
        .containsExactly(new Coverage.Gap("reply, an event", "undecodable"));
    assertThat(inPieces("data: {\"delta\":{\"text\":\"a@b.de and no end", 7).gaps())
        .containsExactly(new Coverage.Gap("reply, an event", "undecodable"));
  }

  @Test
  void anEventThatIsTooLongIsLeftOutAndSaid() {
    String event = "{\"delta\":{\"text\":\"" + "x".repeat(ReplyInspection.LONGEST_EVENT) + "\"}}";

    var result = inPieces(stream(event, "{\"delta\":{\"text\":\"a@b.de\"}}"), 1000);

    assertThat(result.codes()).containsExactly("pii:email");
    assertThat(result.gaps()).containsExactly(new Coverage.Gap("reply, an event", "limit"));
  }

  @Test
  void soundAndSignaturesAreNotTextAndSaySo() {
    String base64 = "QUJD".repeat(30);

    assertThat(
            inspect(
                    "{\"delta\":{\"type\":\"signature_delta\",\"signature\":\"" + base64 + "\"}}",
                    "{\"type\":\"response.audio.delta\",\"delta\":\"" + base64 + "\"}")
                .gaps())
        .containsExactly(
            new Coverage.Gap("reply, a signature", "binary"),
            new Coverage.Gap("reply, a delta", "binary"));
  }

  @Test
  void aReplyWithTextsWithoutEndIsReadToALimitThatIsSaid() {
    String[] events = new String[100];
    Arrays.setAll(events, i -> "{\"index\":" + i + ",\"delta\":{\"text\":\"a@b.de\"}}");

    var result = inspect(events);

    assertThat(result.findings()).hasSize(ReplyInspection.MOST_TEXTS);
    assertThat(result.gaps()).extracting(Coverage.Gap::why).containsExactly("limit");
  }
}
