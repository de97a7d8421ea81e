package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.content.CustomPatterns;
import io.redoubt.protocol.approval.ModelPrompt;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.policy.CustomPattern.Expression;
import io.redoubt.proxy.inspect.Inspector;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What those are shown of a call to a model who decide about it. */
class PromptReaderTest {
  private static final String KEY = "ghp_" + "a1B2c3D4e5F6".repeat(3);

  private static ModelPrompt read(String body) {
    return read(body, Inspector.STANDARD);
  }

  private static ModelPrompt read(String body, Inspector inspector) {
    return PromptReader.read(body.getBytes(StandardCharsets.UTF_8), inspector).orElseThrow();
  }

  private static ModelPrompt said(String user, Inspector inspector) {
    return read("{\"messages\":[{\"role\":\"user\",\"content\":\"" + user + "\"}]}", inspector);
  }

  /** So many characters, the last of them a space. */
  private static String words(int length) {
    String many = "a ".repeat(length);
    return many.substring(length);
  }

  @Test
  void messagesOfAnthropicAreRead() {
    var prompt =
        read(
            """
            {"model":"m","system":[{"type":"text","text":"Be brief.","cache_control":{"type":"x"}}],
             "messages":[
               {"role":"user","content":"first"},
               {"role":"assistant","content":[{"type":"tool_use","id":"1","name":"n","input":{}}]},
               {"content":[
                  {"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"9"}]},
                  {"type":"image","source":{"type":"base64","data":"AAAA"}},
                  {"type":"text","text":"and \\"now\\"?"}],
                "role":"user"}],
             "tools":[{"name":"transfer","input_schema":{"name":"no"}},{"type":"web_search_1"}]}\
            """);

    assertThat(prompt.messages()).isEqualTo(3);
    assertThat(prompt.system()).isEqualTo("Be brief.");
    assertThat(prompt.user()).isEqualTo("9\n[image]\nand \"now\"?");
    assertThat(prompt.tools()).containsExactly("transfer", "web_search_1");
    assertThat(prompt.cut()).isEmpty();
  }

  /** As some upstreams read it: names in any case, and of two that are called alike the last. */
  @Test
  void nobodyHidesAPromptBehindHowANameIsWritten() {
    var prompt =
        read(
            """
            {"messages":[{"role":"user","content":"weather?"}],
             "Messages":[{"Role":"user","Content":"delete it all"}]}\
            """);

    assertThat(prompt.user()).isEqualTo("delete it all");
    assertThat(prompt.messages()).isEqualTo(2);
    assertThat(prompt.cut()).containsExactly("messages");
  }

  @Test
  void whatTheProviderKnowsAlreadyIsSaidToBeMissing() {
    assertThat(read("{\"previous_response_id\":\"resp_1\",\"input\":\"go on\"}").cut())
        .containsExactly("messages");
    assertThat(read("{\"previous_response_id\":null,\"input\":\"go on\"}").cut()).isEmpty();
  }

  @Test
  void chatCompletionsAreRead() {
    var prompt =
        read(
            """
            {"model":"m","messages":[
               {"role":"system","content":"Be brief."},
               {"role":"developer","content":"And kind."},
               {"role":"user","content":[{"type":"text","text":"pay"},
                                         {"type":"image_url","image_url":{"url":"http://x"}}]},
               {"role":"tool","content":"done"}],
             "tools":[{"type":"function","function":{"name":"transfer","parameters":{}}}]}\
            """);

    assertThat(prompt.messages()).isEqualTo(4);
    assertThat(prompt.system()).isEqualTo("Be brief.\nAnd kind.");
    assertThat(prompt.user()).isEqualTo("pay\n[image_url]");
    assertThat(prompt.tools()).containsExactly("transfer");
  }

  @Test
  void responsesAndEmbeddingsAreRead() {
    var items =
        read(
            """
            {"model":"m","instructions":"Be brief.","input":[
               {"role":"user","content":[{"type":"input_text","text":"pay"}]},
               {"type":"function_call_output","call_id":"1","output":"done"}]}\
            """);

    assertThat(items.system()).isEqualTo("Be brief.");
    assertThat(items.user()).isEqualTo("pay");
    assertThat(items.messages()).isEqualTo(2);
    assertThat(read("{\"model\":\"m\",\"input\":\"pay\"}").user()).isEqualTo("pay");
    assertThat(read("{\"model\":\"m\",\"input\":[\"a\",\"b\"]}").user()).isEqualTo("b");
    assertThat(read("{\"model\":\"m\",\"input\":[[1,2],[3]]}").messages()).isZero();
  }

  @Test
  void whateverIsLargeIsCutAndSaidToBe() {
    String tools =
        IntStream.range(0, 100)
            .mapToObj(i -> "{\"name\":\"" + "t".repeat(200) + i + "\"}")
            .collect(Collectors.joining(","));
    String body =
        "{\"model\":\"m\",\"system\":\"%s\",\"tools\":[%s],\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
            .formatted("\\u0001".repeat(50_000), tools, "ü€😀\\n\\ud83d\\ude00".repeat(40_000));

    var prompt = read(body);

    assertThat(prompt.cut()).containsExactly("system", "tools", "user");
    assertThat(prompt.system()).hasSize(PromptReader.MOST_SYSTEM);
    assertThat(prompt.user()).hasSizeBetween(PromptReader.MOST_USER - 1, PromptReader.MOST_USER);
    assertThat(prompt.tools()).hasSize(PromptReader.MOST_TOOLS);
    assertThat(prompt.tools()).allSatisfy(name -> assertThat(name).endsWith("t…"));
    assertThat(prompt.request()).as("too large to be kept").isNull();
    assertThat(Json.write(prompt).length).as("what a control plane takes").isLessThan(64 * 1024);
  }

  /** Chats redact the excerpt, and half of a key is no key to them. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8, 20, 39})
  void aTextIsNotCutInsideOfAKey(int shown) {
    String before = words(PromptReader.MOST_USER - shown);

    var prompt = said(before + KEY + " and more", Inspector.STANDARD);

    assertThat(prompt.user()).isEqualTo(before);
    assertThat(prompt.cut()).containsExactly("user");
  }

  @Test
  void aKeyThatIsShownAsAWholeStays() {
    String all = words(PromptReader.MOST_USER - KEY.length()) + KEY;

    assertThat(said(all + " and more", Inspector.STANDARD).user()).isEqualTo(all);
    assertThat(said(all, Inspector.STANDARD).cut()).isEmpty();
  }

  @Test
  void aTextIsNotCutInsideOfWhatAnOrganizationLooksForEither() throws Exception {
    var patterns = CustomPatterns.of(List.of(new Expression("customer", "K-[0-9]{6}", false)));
    String before = words(PromptReader.MOST_USER - 5);

    assertThat(said(before + "K-123456 again", Inspector.of(patterns)).user()).isEqualTo(before);
    assertThat(said(before + "K-123456 again", Inspector.STANDARD).user())
        .isEqualTo(before + "K-123");
  }

  /** Such a text is put together, and cut once more. */
  @Test
  void noKeyIsCutInASystemPromptOfSeveralMessages() {
    String before = words(PromptReader.MOST_SYSTEM - 10);

    var prompt =
        read(
            """
            {"messages":[{"role":"system","content":"%s"},{"role":"developer","content":"%s!"}]}\
            """
                .formatted(before, KEY));

    assertThat(prompt.system()).isEqualTo(before + "\n");
    assertThat(prompt.cut()).containsExactly("system");
  }

  @Test
  void noKeyIsCutInANameOrAKindEither() {
    String long60 = words(60);

    var prompt =
        read(
            """
            {"messages":[{"role":"user","content":[{"type":"%s"}]}],"tools":[{"name":"%s"}]}\
            """
                .formatted(long60 + KEY, long60 + KEY));

    assertThat(prompt.tools()).containsExactly(long60 + "…");
    assertThat(prompt.user()).isEqualTo("[" + long60 + "…]");
  }

  @Test
  void halvesOfPairsBreakNothing() {
    String half = "\\ud83d";
    var prompt =
        read(
            "{\"model\":\"m\",\"system\":\""
                + half
                + "\",\"input\":\""
                + half.repeat(9_000)
                + "\"}");

    assertThat(prompt.system()).isEqualTo("?");
    assertThat(prompt.cut()).containsExactly("user");
    assertThat(Json.write(prompt)).isNotEmpty();
  }

  /** Which of the two counts, each provider knows for itself. */
  @Test
  void whatIsThereTwiceIsSaidNotToBeAllThatThereIs() {
    assertThat(read("{\"messages\":[],\"model\":\"m\",\"messages\":[]}").cut())
        .containsExactly("messages");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"m\"}",
        "{\"model\":\"m\",\"system\":7,\"messages\":{\"role\":\"user\"},\"tools\":\"all\"}",
        "{\"model\":\"m\",\"system\":null,\"messages\":[null,[[]],7],\"tools\":[[],\"x\",{}]}",
        "{\"model\":\"m\",\"messages\":[{\"role\":7,\"content\":null}]}"
      })
  void whatIsNoPromptShowsNothing(String body) {
    var prompt = read(body);

    assertThat(prompt.system()).isNull();
    assertThat(prompt.user()).isNull();
    assertThat(prompt.request()).isEqualTo(body);
    assertThat(prompt.tools()).isSubsetOf(List.of(""));
  }

  @Test
  void whatIsNoJsonIsNotRead() {
    byte[] body = "{\"system\":".getBytes(StandardCharsets.UTF_8);

    assertThat(PromptReader.read(body, Inspector.STANDARD)).isEmpty();
  }
}
