package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.redoubt.action.Estimate;
import io.redoubt.protocol.audit.DeclaredTools;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No call takes more of a budget than was estimated, as far as its request can tell. */
class EstimatorTest {
  private static final long UNSEEN = 1_000;

  private final LlmConfig config = LlmConfig.from(ConfigFactory.load());
  private final Estimator estimator =
      new Estimator(PriceTable.with(config.prices()), config.estimate());

  private @Nullable Estimate estimate(LlmOperation operation, String body) {
    try {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      return estimator.of(operation, RequestFacts.read(operation, bytes), bytes.length);
    } catch (RequestFacts.UnreadableException e) {
      throw new AssertionError(e);
    }
  }

  private long tokens(LlmOperation operation, String body) {
    return Objects.requireNonNull(estimate(operation, body)).tokens();
  }

  private long tokens(String body) {
    return tokens(LlmOperation.CHAT_COMPLETIONS, body);
  }

  @Test
  void everyByteMayBeATokenAndEveryTokenOfTheLimitMayCome() {
    String body = "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":100,\"messages\":[]}";

    var estimate = estimate(LlmOperation.MESSAGES, body);

    long input = body.length() + UNSEEN;
    // 3 dollars a million for input, twice that where it is kept for an hour; 15 for output.
    assertThat(estimate).isEqualTo(new Estimate(input + 100, input * 6 + 100 * 15));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      delimiter = '|',
      textBlock =
          """
          CHAT_COMPLETIONS | '"max_tokens":7'                             | 7
          CHAT_COMPLETIONS | '"max_completion_tokens":7'                  | 7
          CHAT_COMPLETIONS | '"max_tokens":7,"max_completion_tokens":9'   | 9
          CHAT_COMPLETIONS | '"max_tokens":7,"max_completion_tokens":null' | 7
          CHAT_COMPLETIONS | '"max_tokens":7,"max_completion_tokens":"9"' | 128000
          CHAT_COMPLETIONS | '"max_output_tokens":7'                      | 128000
          CHAT_COMPLETIONS | '"max_tokens":7,"max_output_tokens":9'       | 7
          CHAT_COMPLETIONS | '"max_tokens":7,"max_tokens":3'              | 7
          CHAT_COMPLETIONS | '"max_tokens":7,"max_tokens":null'           | 128000
          CHAT_COMPLETIONS | '"max_tokens":null,"max_tokens":7'           | 128000
          CHAT_COMPLETIONS | '"max_tokens":7,"Max_Tokens":9'              | 128000
          CHAT_COMPLETIONS | '"max_tokens":7,"n":5'                       | 35
          CHAT_COMPLETIONS | '"max_tokens":7,"n":-5'                      | 7
          CHAT_COMPLETIONS | '"max_tokens":0'                             | 0
          CHAT_COMPLETIONS | '"x":{"max_tokens":7}'                       | 128000
          CHAT_COMPLETIONS | '"Max_Tokens":7'                             | 128000
          CHAT_COMPLETIONS | '"max_tokens":null'                          | 128000
          CHAT_COMPLETIONS | '"max_tokens":"7"'                           | 128000
          CHAT_COMPLETIONS | '"max_tokens":-7'                            | 128000
          CHAT_COMPLETIONS | '"max_tokens":7.5'                           | 128000
          RESPONSES        | '"max_output_tokens":7'                      | 7
          RESPONSES        | '"max_tokens":7'                             | 128000
          RESPONSES        | '"max_completion_tokens":7'                  | 128000
          RESPONSES        | '"max_tokens":7,"max_output_tokens":9'       | 9
          MESSAGES         | '"max_tokens":7'                             | 7
          MESSAGES         | '"max_completion_tokens":7'                  | 128000
          MESSAGES         | '"max_output_tokens":7'                      | 128000
          """)
  void outputIsBoundedOnlyByWhatEveryUpstreamOfTheProtocolReadsAlike(
      LlmOperation operation, String members, long output) {
    String body = "{\"model\":\"m\"," + members + "}";

    assertThat(tokens(operation, body)).isEqualTo(body.length() + UNSEEN + output);
  }

  @Test
  void aReplyThatNobodyLimitsIsAsLongAsTheModelsLongest() {
    assertThat(tokens("{\"model\":\"gpt-4o\"}")).isEqualTo(18 + UNSEEN + 16_384);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"service_tier\":\"priority\"",
        "\"service_tier\":\"of next year\"",
        "\"Service_Tier\":\"priority\"",
        "\"service_tier\":{\"name\":\"default\"}",
        "\"service_tier\":\"default\",\"service_tier\":\"priority\"",
        "\"speed\":\"fast\"",
        "\"inference_geo\":\"us\"",
      })
  void whatIsNotSoldAtListPricesHasNoPrice(String member) {
    var estimate =
        estimate(
            LlmOperation.CHAT_COMPLETIONS,
            "{\"model\":\"gpt-4o\",\"max_tokens\":1," + member + "}");

    assertThat(Objects.requireNonNull(estimate).costMicros()).isNull();
    assertThat(estimate.tokens()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"service_tier\":\"auto\"",
        "\"service_tier\":\"default\"",
        "\"service_tier\":\"flex\"",
        "\"service_tier\":\"standard_only\"",
        "\"service_tier\":null",
        "\"metadata\":{\"service_tier\":\"priority\"}",
      })
  void whatIsSoldAtListPricesAtMostHasThose(String member) {
    var estimate =
        estimate(
            LlmOperation.CHAT_COMPLETIONS,
            "{\"model\":\"gpt-4o\",\"max_tokens\":1," + member + "}");

    assertThat(Objects.requireNonNull(estimate).costMicros()).isPositive();
  }

  @Test
  void absurdNumbersStayNumbers() {
    String most = "9".repeat(900);

    assertThat(tokens("{\"model\":\"m\",\"max_tokens\":" + most + ",\"n\":" + most + "}"))
        .isEqualTo(2_000_000_000_000_000L);
    assertThat(estimate(LlmOperation.MESSAGES, "{\"model\":\"gpt-4\",\"max_tokens\":" + most + "}"))
        .isEqualTo(new Estimate(1_000_000_000_000L + 1_931, 60_000_000_057_930L))
        .satisfies(estimate -> assertThat(estimate.costMicros()).isPositive());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"previous_response_id\":\"resp_1\"",
        "\"conversation\":{\"id\":\"c\"}",
        "\"prompt\":{\"id\":\"p\"}",
        "\"container\":\"c\"",
        "\"web_search_options\":{}",
        "\"mcp_servers\":[{}]",
        "\"tools\":[{\"type\":\"web_search_20250305\"}]",
        "\"messages\":[{\"content\":[{\"type\":\"image\",\"source\":{}}]}]",
        "\"messages\":[{\"content\":[{\"type\":\"document\",\"source\":{}}]}]",
        "\"messages\":[{\"content\":[{\"image_url\":{\"url\":\"https://x\"}}]}]",
        "\"input\":[{\"content\":[{\"file_id\":\"f\"}]}]",
        "\"input\":[{\"type\":\"item_reference\",\"id\":\"x\"}]",
      })
  void whatRefersToSomethingElseMayTakeAsMuchAsTheModelDoes(String member) {
    assertThat(tokens("{\"model\":\"m\",\"max_tokens\":5," + member + "}")).isEqualTo(1_000_005);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"previous_response_id\":null",
        "\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"image\"}]}]",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"web_search\"}}]",
        "\"tools\":[{\"input_schema\":{\"type\":\"object\",\"properties\":{\"type\":{}}}}]",
      })
  void whatIsAllThereIsBoundedByItsLength(String member) {
    String body = "{\"model\":\"m\",\"max_tokens\":5," + member + "}";

    assertThat(tokens(body)).isEqualTo(body.length() + UNSEEN + 5);
  }

  @Test
  void aLongPromptIsTakenForTheDearerOne() {
    String body =
        "{\"model\":\"claude-haiku-5-5\",\"max_tokens\":1,\"x\":\"" + "a".repeat(100_000) + "\"}";

    var estimate = estimate(LlmOperation.MESSAGES, body);

    assertThat(estimate)
        .isEqualTo(new Estimate(body.length() + UNSEEN + 1, body.length() + UNSEEN + 3));
  }

  @Test
  void countingIsFreeAndEmbeddingsGiveNothingBack() {
    assertThat(estimate(LlmOperation.COUNT_TOKENS, "{\"model\":\"m\"}")).isNull();
    assertThat(tokens(LlmOperation.EMBEDDINGS, "{\"model\":\"m\"}")).isEqualTo(13 + UNSEEN);
  }

  @Test
  void whatNobodyKnowsThePriceOfHasNone() {
    assertThat(estimate(LlmOperation.MESSAGES, "{\"model\":\"m\",\"max_tokens\":1}"))
        .isEqualTo(new Estimate(28 + UNSEEN + 1, null));
  }

  @Test
  void aSettingSaysHowManyBytesATokenHas() {
    var thrifty =
        LlmConfig.from(
            ConfigFactory.parseString(
                    """
                    redoubt.proxy.llm.estimate.bytes-per-token = 4
                    redoubt.proxy.llm.prices = [{ model = m, max-output = 9, max-input = 1100
                      rates { input = 1, output = 2, cache-read = 3, cache-write = 4
                              cache-write-hour = 5 } }]
                    """)
                .withFallback(ConfigFactory.load()));
    var own = new Estimator(PriceTable.with(thrifty.prices()), thrifty.estimate());
    var facts =
        new RequestFacts(
            "m",
            false,
            null,
            new RequestExtent.Reader(LlmOperation.RESPONSES).done(),
            DeclaredTools.NONE);

    assertThat(own.of(LlmOperation.RESPONSES, facts, 40)).isEqualTo(new Estimate(1_019, 2L));
    assertThat(own.of(LlmOperation.RESPONSES, facts, 4_000)).isEqualTo(new Estimate(1_109, 2L));
  }
}
