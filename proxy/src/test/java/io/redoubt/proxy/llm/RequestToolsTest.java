package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.audit.DeclaredTools;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What runs at a provider is known before it runs, or is known not to be known. */
class RequestToolsTest {
  private static DeclaredTools read(LlmOperation operation, String members) {
    var body = "{\"model\":\"m\"," + members + ",\"stream\":true}";
    try {
      var facts = RequestFacts.read(operation, body.getBytes(StandardCharsets.UTF_8));
      assertThat(facts.model()).isEqualTo("m");
      assertThat(facts.streams()).as("what follows is read, too").isTrue();
      return facts.tools();
    } catch (RequestFacts.UnreadableException e) {
      throw new AssertionError(body, e);
    }
  }

  private static DeclaredTools responses(String members) {
    return read(LlmOperation.RESPONSES, members);
  }

  @Test
  void whatDeclaresNothingHasNone() {
    assertThat(responses("\"input\":[{\"tools\":[{\"type\":\"web_search\"}]}]"))
        .isEqualTo(DeclaredTools.NONE);
    assertThat(responses("\"tools\":null,\"mcp_servers\":[],\"prompt\":null"))
        .isEqualTo(DeclaredTools.NONE);
  }

  @Test
  void anthropicsToolsAreKnownByNameAndThoseOfItsOwnByKind() {
    var tools =
        read(
            LlmOperation.MESSAGES,
            """
            "max_tokens":1,
            "mcp_servers":[{"type":"url","url":"https://mcp.example.com","name":"files"}],
            "tools":[
              {"name":"shell","description":"x","input_schema":{"type":"object","name":"no"}},
              {"type":"custom","name":"edit","input_schema":{"properties":{"type":{"type":"x"}}}},
              {"type":"bash_20250124","name":"bash"},
              {"type":"web_search_20250305","name":"search","max_uses":5},
              {"name":"code_execution","type":"code_execution_20250825"},
              {"type":"mcp_toolset","mcp_server_name":"files"}]\
            """);

    assertThat(tools.names()).containsExactly("bash", "code_execution", "edit", "search", "shell");
    assertThat(tools.provider()).containsExactly("code_execution", "mcp", "web_search");
  }

  @Test
  void openAisChatDeclaresFunctionsAndASearch() {
    var tools =
        read(
            LlmOperation.CHAT_COMPLETIONS,
            """
            "tools":[
              {"type":"function","function":{"parameters":{"name":"no"},"name":"shell"}},
              {"type":"custom","custom":{"name":"edit","format":{"type":"text"}}}],
            "functions":[{"name":"old","parameters":{}}],
            "web_search_options":{"user_location":{"type":"approximate"}}\
            """);

    assertThat(tools.names()).containsExactly("edit", "old", "shell");
    assertThat(tools.provider()).containsExactly("web_search");
  }

  @Test
  void openAisResponsesDeclareToolsOfItsOwn() {
    var tools =
        responses(
            """
            "tools":[
              {"type":"function","name":"shell","parameters":{"type":"object"}},
              {"type":"namespace","name":"crm","tools":[{"type":"function","name":"find"}]},
              {"type":"web_search_preview_2025_03_11"},
              {"type":"code_interpreter","container":{"type":"auto"}},
              {"type":"computer_use_preview","environment":"linux"},
              {"type":"image_generation"},
              {"type":"of_next_year"},
              {"type":"mcp","server_label":"files","server_url":"https://mcp.example.com"}]\
            """);

    assertThat(tools.names())
        .containsExactly(
            "code_interpreter",
            "computer",
            "crm",
            "find",
            "image_generation",
            "of_next_year",
            "shell",
            "web_search");
    assertThat(tools.provider())
        .as("what is not known to be the agent's")
        .containsExactly(
            "code_interpreter", "image_generation", "mcp", "of_next_year", "web_search");
  }

  /** Some upstreams match names in any case, and of two of a name take one, nobody knows which. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"Tools\":[{\"Type\":\"web_search\"}]",
        "\"tools\":[],\"tools\":[{\"type\":\"web_search\"}]",
        "\"tools\":[{\"type\":\"web_search\"}],\"tools\":[]",
        "\"tools\":[{\"type\":\"web\\u005fsearch\"}]",
        "\"web_search_options\":{}",
        "\"web_search_options\":1"
      })
  void spellingHidesNothing(String members) {
    assertThat(responses(members).provider()).containsExactly("web_search");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      delimiter = '|',
      textBlock =
          """
          '"tools":{"type":"web_search"}'
          '"tools":"web_search"'
          '"tools":7'
          '"tools":["web_search"]'
          '"tools":[[{"type":"web_search"}]]'
          '"tools":[{"google_search":{}}]'
          '"tools":[{}]'
          '"tools":[{"type":["web_search"]}]'
          '"tools":[{"type":""}]'
          '"tools":[{"type":"function","name":"x","type":"web_search"}]'
          '"tools":[{"type":"tool_search","execution":"client"}]'
          '"tools":[{"type":"tool_search","execution":{"a":"server"}}]'
          '"prompt":{"id":"pmpt_1"}'
          """)
  void whatIsNotUnderstoodIsNotGuessedAt(String members) {
    assertThat(responses(members)).isEqualTo(new DeclaredTools(null, null));
  }

  @Test
  void aSearchForToolsAtTheProviderFindsDeclaredOnes() {
    var tools =
        responses("\"tools\":[{\"type\":\"tool_search\"},{\"type\":\"function\",\"name\":\"a\"}]");

    assertThat(tools.names()).containsExactly("a", "tool_search");
    assertThat(tools.provider()).containsExactly("tool_search");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\u0000", "\\ud800", "ü", "", "LONG"})
  void aNameThatCannotBeOnRecordMakesNamesUnknownAndKindsNot(String name) {
    var spelt = name.replace("LONG", "x".repeat(DeclaredTools.LONGEST + 1));

    var tools = responses("\"tools\":[{\"type\":\"mcp\"},{\"name\":\"" + spelt + "\"}]");

    assertThat(tools.names()).isNull();
    assertThat(tools.provider()).containsExactly("mcp");
  }

  @Test
  void soManyAreToldAndNotOneMore() {
    assertThat(functions(DeclaredTools.MOST_NAMES).names()).hasSize(DeclaredTools.MOST_NAMES);
    assertThat(functions(DeclaredTools.MOST_NAMES + 1))
        .isEqualTo(new DeclaredTools(null, List.of()));
    assertThat(kinds(DeclaredTools.MOST_KINDS).provider()).hasSize(DeclaredTools.MOST_KINDS);
    assertThat(kinds(DeclaredTools.MOST_KINDS + 1).provider()).isNull();
  }

  private static DeclaredTools functions(int many) {
    return responses(list("{\"type\":\"function\",\"name\":\"f%d\"}", many));
  }

  private static DeclaredTools kinds(int many) {
    return responses(list("{\"type\":\"kind%d\"}", many));
  }

  private static String list(String tool, int many) {
    return IntStream.range(0, many)
        .mapToObj(each -> tool.formatted(each))
        .collect(Collectors.joining(",", "\"tools\":[", "]"));
  }
}
