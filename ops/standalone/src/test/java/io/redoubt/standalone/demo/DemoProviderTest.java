package io.redoubt.standalone.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DemoProviderTest {
  private static final String[] KEY = {"x-api-key", "simulated", "anthropic-version", "2023-06-01"};
  private static final String[] BEARER = {"authorization", "Bearer simulated"};
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

  private final HttpClient http = HttpClient.newHttpClient();
  private DemoProvider demo;

  @BeforeEach
  void start() throws IOException {
    demo = DemoProvider.start(0, Clock.systemUTC());
  }

  @AfterEach
  void stop() {
    demo.close();
    http.close();
  }

  @Test
  void everyAnswerSaysThatItIsSimulated() throws Exception {
    var message = anthropic("{\"model\":\"m\",\"max_tokens\":5," + MESSAGES + "}", KEY);
    var completion = openAi("/chat/completions", "{\"model\":\"m\"," + MESSAGES + "}", BEARER);

    assertThat(message.body()).contains(DemoText.LABEL);
    assertThat(completion.body()).contains(DemoText.LABEL);
    assertThat(message.headers().firstValue("x-redoubt-simulated")).contains("true");
    assertThat(completion.headers().firstValue("x-redoubt-simulated")).contains("true");
  }

  @Test
  void aRequestThatTheRealOnesRefuseIsRefusedInTheirEnvelopes() throws Exception {
    String good = "{\"model\":\"m\",\"max_tokens\":5," + MESSAGES + "}";

    assertThat(anthropic(good, "x-api-key", "wrong", "anthropic-version", "x"))
        .satisfies(answer -> isAnthropicError(answer, 401, "authentication_error"));
    assertThat(anthropic(good, "x-api-key", "simulated"))
        .satisfies(answer -> isAnthropicError(answer, 400, "invalid_request_error"));
    assertThat(anthropic("{\"model\":\"m\"," + MESSAGES + "}", KEY))
        .satisfies(answer -> isAnthropicError(answer, 400, "invalid_request_error"));
    assertThat(anthropic("{", KEY))
        .satisfies(answer -> isAnthropicError(answer, 400, "invalid_request_error"));
    var unauthorized = openAi("/chat/completions", good, "authorization", "Bearer wrong");
    assertThat(unauthorized.statusCode()).isEqualTo(401);
    assertThat(json(unauthorized).at("/error/code").asText()).isEqualTo("invalid_api_key");
    assertThat(openAi("/chat/completions", "{\"model\":\"m\"}", BEARER).statusCode())
        .isEqualTo(400);
    assertThat(openAi("/none", good, BEARER).statusCode()).isEqualTo(404);
  }

  @Test
  void anthropicStreamsHaveTheRealOrderOfEvents() throws Exception {
    var answer =
        anthropic("{\"model\":\"m\",\"max_tokens\":5,\"stream\":true," + MESSAGES + "}", KEY);

    assertThat(answer.body().lines().filter(line -> line.startsWith("event: ")).distinct())
        .containsExactly(
            "event: message_start",
            "event: content_block_start",
            "event: ping",
            "event: content_block_delta",
            "event: content_block_stop",
            "event: message_delta",
            "event: message_stop");
  }

  @Test
  void openAiStreamsCarryUsageOnlyWhereItWasAskedFor() throws Exception {
    var without =
        openAi("/chat/completions", "{\"model\":\"m\",\"stream\":true," + MESSAGES + "}", BEARER);
    var with =
        openAi(
            "/chat/completions",
            "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + MESSAGES
                + "}",
            BEARER);

    assertThat(without.body()).endsWith("data: [DONE]\n\n").doesNotContain("usage");
    assertThat(with.body()).contains("\"choices\":[],\"usage\":{\"prompt_tokens\"");
  }

  @Test
  void responsesAreNumberedAndCompleted() throws Exception {
    var answer = openAi("/responses", "{\"model\":\"m\",\"input\":\"hi\",\"stream\":true}", BEARER);

    assertThat(answer.body())
        .startsWith("event: response.created\ndata: {\"type\":\"response.created\"")
        .contains("\"sequence_number\":3", "response.output_text.delta", "response.completed");
  }

  @Test
  void embeddingsHaveOneVectorForEachText() throws Exception {
    var answer =
        openAi("/embeddings", "{\"model\":\"m\",\"input\":[\"a\",\"b\"],\"dimensions\":3}", BEARER);

    assertThat(json(answer).path("data")).hasSize(2);
    assertThat(json(answer).at("/data/0/embedding")).hasSize(3);
  }

  @Test
  void aCallerMaySayHowLongAStreamLasts() throws Exception {
    var answer =
        anthropic(
            "{\"model\":\"m\",\"max_tokens\":5,\"stream\":true,\"metadata\":{\"demo_chunks\":50},"
                + MESSAGES
                + "}",
            KEY);

    assertThat(answer.body().lines().filter("event: content_block_delta"::equals)).hasSize(50);
  }

  private static void isAnthropicError(HttpResponse<String> answer, int status, String type) {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(json(answer).path("type").asText()).isEqualTo("error");
    assertThat(json(answer).at("/error/type").asText()).isEqualTo(type);
  }

  private HttpResponse<String> anthropic(String body, String... headers) throws Exception {
    return post(URI.create(demo.anthropicBaseUrl() + "/v1/messages"), body, headers);
  }

  private HttpResponse<String> openAi(String path, String body, String... headers)
      throws Exception {
    return post(URI.create(demo.openAiBaseUrl() + path), body, headers);
  }

  private HttpResponse<String> post(URI url, String body, String... headers) throws Exception {
    return http.send(
        HttpRequest.newBuilder(url)
            .headers(headers)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> answer) {
    try {
      return Json.LENIENT.readTree(answer.body());
    } catch (IOException e) {
      throw new AssertionError(answer.body(), e);
    }
  }
}
