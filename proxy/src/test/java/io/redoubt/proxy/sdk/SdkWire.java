package io.redoubt.proxy.sdk;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Takes the requests of the vendors' SDKs over a real connection, as their own clients would. */
final class SdkWire {
  /** Until an answer begins. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private SdkWire() {}

  /**
   * Of Anthropic's SDK.
   *
   * @param heads is shown the head of every answer
   */
  record ForAnthropic(HttpClient client, Consumer<HttpHeaders> heads)
      implements com.anthropic.core.http.HttpClient {
    @Override
    public com.anthropic.core.http.HttpResponse execute(
        com.anthropic.core.http.HttpRequest request, com.anthropic.core.RequestOptions options) {
      var out = HttpRequest.newBuilder(URI.create(request.url()));
      var headers = request.headers();
      headers.names().forEach(name -> headers.values(name).forEach(v -> out.header(name, v)));
      var body = new ByteArrayOutputStream();
      request.body().ifPresent(sent -> sent.writeTo(body));
      var answer = send(client, out, body.toByteArray());
      heads.accept(answer.headers());
      var back = com.anthropic.core.http.Headers.builder();
      answer.headers().map().forEach((name, values) -> back.put(name, values));
      return new com.anthropic.core.http.HttpResponse() {
        @Override
        public int statusCode() {
          return answer.statusCode();
        }

        @Override
        public com.anthropic.core.http.Headers headers() {
          return back.build();
        }

        @Override
        public InputStream body() {
          return answer.body();
        }

        @Override
        public void close() {
          SdkWire.close(answer);
        }
      };
    }

    @Override
    public CompletableFuture<com.anthropic.core.http.HttpResponse> executeAsync(
        com.anthropic.core.http.HttpRequest request, com.anthropic.core.RequestOptions options) {
      throw new UnsupportedOperationException("the tests wait");
    }

    @Override
    public void close() {
      // whoever made the client closes it
    }
  }

  /**
   * Of OpenAI's.
   *
   * @param heads is shown the head of every answer
   */
  record ForOpenAi(HttpClient client, Consumer<HttpHeaders> heads)
      implements com.openai.core.http.HttpClient {
    @Override
    public com.openai.core.http.HttpResponse execute(
        com.openai.core.http.HttpRequest request, com.openai.core.RequestOptions options) {
      var out = HttpRequest.newBuilder(URI.create(request.url()));
      var headers = request.headers();
      headers.names().forEach(name -> headers.values(name).forEach(v -> out.header(name, v)));
      var body = new ByteArrayOutputStream();
      var sent = request.body();
      if (sent != null) {
        sent.writeTo(body);
      }
      var answer = send(client, out, body.toByteArray());
      heads.accept(answer.headers());
      var back = com.openai.core.http.Headers.builder();
      answer.headers().map().forEach((name, values) -> back.put(name, values));
      return new com.openai.core.http.HttpResponse() {
        @Override
        public int statusCode() {
          return answer.statusCode();
        }

        @Override
        public com.openai.core.http.Headers headers() {
          return back.build();
        }

        @Override
        public InputStream body() {
          return answer.body();
        }

        @Override
        public void close() {
          SdkWire.close(answer);
        }
      };
    }

    @Override
    public CompletableFuture<com.openai.core.http.HttpResponse> executeAsync(
        com.openai.core.http.HttpRequest request, com.openai.core.RequestOptions options) {
      throw new UnsupportedOperationException("the tests wait");
    }

    @Override
    public void close() {
      // whoever made the client closes it
    }
  }

  private static HttpResponse<InputStream> send(
      HttpClient client, HttpRequest.Builder request, byte[] body) {
    try {
      return client.send(
          request
              .setHeader("content-type", "application/json")
              .timeout(LIMIT)
              .POST(HttpRequest.BodyPublishers.ofByteArray(body))
              .build(),
          HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static void close(HttpResponse<InputStream> answer) {
    try {
      answer.body().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
