package io.redoubt.proxy.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.audit.Coverage;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonInspectionTest {
  private static final JsonInspection.Limits LIMITS = new JsonInspection.Limits(1 << 20, 1 << 16);

  private static JsonInspection.Result inspect(String json) {
    return JsonInspection.of(Inspector.STANDARD, LIMITS, "request", json.getBytes(UTF_8));
  }

  private static List<String> found(String json) {
    return inspect(json).findings().stream()
        .map(each ->
            each.pointer()
                + (each.inName() ? " name " : " ")
                + each.finding().detector()
                + " "
                + each.finding().offset()
                + "+"
                + each.finding().length())
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          {"messages":[{"role":"user","content":"to a@b.de"}]}                        | /messages/0/content email 3+6
          {"messages":[{"content":[{"type":"text","text":"a@b.de"}]}]}                | /messages/0/content/0/text email 0+6
          {"system":"a@b.de"}                                                         | /system email 0+6
          {"input":[{"content":"a@b.de"}]}                                            | /input/0/content email 0+6
          {"content":"a\\u0040b\\u002ede"}                                            | /content email 0+6
          {"content":"\\ud83d\\ude00 \\"a@b.de\\"\\n"}                                | /content email 6+6
          {"content":[{"type":"tool_use","input":{"to":"a@b.de"}}]}                   | /content/0/input/to email 0+6
          {"function":{"arguments":"{\\"to\\":\\"a@b.de\\"}"}}                        | /function/arguments#/to email 0+6
          {"function":{"arguments":"{\\"to\\":\\"a\\\\u0040b.de\\"}"}}                | /function/arguments#/to email 0+6
          {"content":"[{\\"to\\":\\"a\\\\u0040b.de\\"}]"}                             | /content#/0/to email 0+6
          {"content":"[not json] a@b.de \\\\"}                                        | /content email 11+6
          {"arguments":{"password":"Tr0ub4dor&3x"}}                                   | /arguments/password assigned-secret 0+12
          {"input":{"ssn":"536221847"}}                                               | /input/ssn us-ssn 0+9
          {"input":{"card":4111111111111111}}                                         | /input/card payment-card 0+16
          {"input":{"card":4111111111111111.0}}                                       | /input/card payment-card 0+16
          {"input":{"card":4111111111111111.5}}                                       | /input/card payment-card 0+16
          {"input":{"card":4.111111111111111e15}}                                     | /input/card payment-card 0+16
          {"input":{"card":4.111111111111111E+15}}                                    | /input/card payment-card 0+16
          {"input":{"card":4.111111111111111e0015}}                                   | /input/card payment-card 0+16
          {"input":{"card":41111111111111110000e-4}}                                  | /input/card payment-card 0+16
          {"input":{"a@b.de":true}}                                                   | /input/* name email 0+6
          {"input":{"a@b.de":{"x":"c@d.de"}}}                                         | /input/* name email 0+6;/input/*/x email 0+6
          {"input":{"a/b~c":"c@d.de"}}                                                | /input/a~1b~0c email 0+6
          """)
  void everyTextIsFoundAndReadWithoutItsEscapes(String json, String expected) {
    assertThat(found(json)).containsExactly(expected.split(";"));
    assertThat(inspect(json).gaps()).isEmpty();
  }

  /** Gaps go into records, which leave the enclave: names that an agent gave do not. */
  @Test
  void aGapNamesOnlyWhatProvidersName() {
    String image = Base64.getEncoder().encodeToString(new byte[3000]);

    assertThat(
            inspect("{\"metadata\":{\"of Jane Roe\":{\"data\":\"%s\"}}}".formatted(image)).gaps())
        .containsExactly(new Coverage.Gap("request /metadata/*/data", "binary"));
  }

  /** Keys have the characters of Base64, and pictures have their places. */
  @Test
  void aKeyIsFoundWhereAPictureMayBe() {
    String key = "sk-ant-api03-" + "Ab3dEf9hIj".repeat(9) + "kLmAA";
    String beyond = key + "A".repeat(8000);

    for (String json :
        List.of(
            "{\"content\":[{\"source\":{\"data\":\"%s\"}}]}".formatted(key),
            "{\"content\":[{\"url\":\"%s\"}]}".formatted(key),
            "{\"content\":[{\"input\":{\"data\":\"%s\"}}]}".formatted(key),
            "{\"content\":[{\"input\":{\"x\":[{\"data\":\"%s\"}]}}]}".formatted(key),
            "{\"function\":{\"arguments\":\"{\\\"data\\\":\\\"%s\\\"}\"}}".formatted(key))) {
      assertThat(inspect(json).codes()).as(json).contains("secret:anthropic-key");
    }
    var ofCall =
        JsonInspection.of(
            Inspector.STANDARD,
            LIMITS,
            "arguments",
            "{\"result\":\"%s\"}".formatted(key).getBytes(UTF_8));
    assertThat(ofCall.codes()).contains("secret:anthropic-key");
    assertThat(ofCall.gaps()).isEmpty();
    assertThat(inspect("{\"input\":{\"data\":\"%s %s\"}}".formatted(key, beyond)).codes())
        .contains("secret:anthropic-key");
    assertThat(inspect("{\"input\":{\"data\":\"%s\"}}".formatted("QUJD".repeat(3000))).gaps())
        .as("nothing of a call is left out")
        .isEmpty();
  }

  /** Written out, some of them would fill the memory. */
  @Test
  void numbersOfAnySizeTakeNoTime() {
    for (String number :
        List.of(
            "1e999999999", "1e-999999999", "-1.5E+99999999999", "1" + "0".repeat(900) + "e39")) {
      assertThat(inspect("{\"x\":%s,\"y\":\"a@b.de\"}".formatted(number)).codes())
          .as(number)
          .containsExactly("pii:email");
    }
  }

  /** Too many places to name them hide no place that matters. */
  @Test
  void aLimitIsSaidHoweverManyPicturesThereAre() {
    String image = Base64.getEncoder().encodeToString(new byte[6000]);
    String images = ("{\"source\":{\"data\":\"" + image + "\"}},").repeat(30);
    var result =
        JsonInspection.of(
            Inspector.STANDARD,
            new JsonInspection.Limits(100, 100),
            "request",
            ("{\"content\":[" + images + "\"" + "x".repeat(200) + "\"]}").getBytes(UTF_8));

    assertThat(result.gaps()).extracting(Coverage.Gap::why).contains("limit");
    assertThat(result.gaps()).hasSizeLessThan(25);
  }

  /** All of it was read: what is missing are places, and no kind of finding. */
  @Test
  void moreFindingsThanAreKeptAreNoLimit() {
    var result = inspect("{\"content\":\"" + "a@b.de ".repeat(3000) + "4111111111111111\"}");

    assertThat(result.codes()).contains("pii:email", "pii:payment-card");
    assertThat(result.more()).isPositive();
    assertThat(result.gaps()).extracting(Coverage.Gap::why).containsExactly("count");
  }

  @Test
  void imagesAreNotTextAndSaySo() {
    String image = Base64.getEncoder().encodeToString(new byte[3000]);

    var result =
        inspect(
            "{\"content\":[{\"source\":{\"data\":\"%s\"}},{\"url\":\"data:image/png;base64,%s\"}]}"
                .formatted(image, image));

    assertThat(result.gaps())
        .containsExactly(
            new Coverage.Gap("request /content/0/source/data", "binary"),
            new Coverage.Gap("request /content/1/url", "binary"));
  }

  @Test
  void whatClaimsToBeAnImageAndIsTextIsRead() {
    assertThat(found("{\"data\":\"" + "QUJD".repeat(50) + " a@b.de\"}"))
        .containsExactly("/data email 201+6");
  }

  @Test
  void theLimitIsSaidAndWhatIsBeforeItIsRead() {
    var result =
        JsonInspection.of(
            Inspector.STANDARD,
            new JsonInspection.Limits(30, 100),
            "request",
            "{\"content\":[\"a@b.de and so on and so on on on\",\"c@d.de\"]}".getBytes(UTF_8));

    assertThat(result.codes()).containsExactly("pii:email");
    assertThat(result.findings()).hasSize(1);
    assertThat(result.gaps())
        .isNotEmpty()
        .allSatisfy(gap -> assertThat(gap.why()).isEqualTo("limit"));
  }

  @Test
  void whatIsNoJsonIsReadUpToThere() {
    var result = inspect("{\"content\":\"a@b.de\",\"x\":nope}");

    assertThat(result.codes()).containsExactly("pii:email");
    assertThat(result.gaps()).extracting(Coverage.Gap::why).containsExactly("undecodable");
  }

  @Test
  void argumentsThatNestTooDeepAreReadAsText() {
    String deep = "[".repeat(10_000) + "\\\"a@b.de\\\"" + "]".repeat(10_000);

    assertThat(found("{\"arguments\":\"" + deep + "\"}"))
        .containsExactly("/arguments email 10001+6");
  }

  @Test
  void codesAreEachThereOnceInOrder() {
    assertThat(inspect("{\"a\":\"x@y.de\",\"b\":\"z@y.de\",\"c\":\"[INST]\"}").codes())
        .containsExactly("injection:chat-markup", "pii:email");
  }

  @Test
  void everyCorpusTextIsFoundInsideOfJsonToo() {
    for (Corpus.Sample sample : Corpus.all()) {
      String text = new String(sample.text(), UTF_8);
      var escaped = new StringBuilder();
      text.chars().forEach(c -> escaped.append("\\u%04x".formatted(c)));

      var plain = Inspector.STANDARD.inspect(sample.text());
      var inside = inspect("{\"content\":\"" + escaped + "\"}");

      if (!text.stripLeading().startsWith("{") && !text.stripLeading().startsWith("[")) {
        assertThat(inside.findings())
            .as("%s", sample)
            .extracting(JsonInspection.Located::finding)
            .containsExactlyInAnyOrderElementsOf(plain);
      }
    }
  }
}
