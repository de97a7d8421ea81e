package io.redoubt.proxy.llm.reply;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.AnthropicClientImpl;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientImpl;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.util.ByteString;

/** The vendors' own SDKs, reading a reply that was prepared. */
final class OfficialSdks {
  private OfficialSdks() {}

  static AnthropicClient anthropic(byte[] reply, String mediaType) {
    return new AnthropicClientImpl(
        com.anthropic.core.ClientOptions.builder()
            .httpClient(new AnthropicReply(ByteString.fromArray(reply), mediaType))
            .baseUrl("http://localhost")
            .putHeader("x-api-key", "none")
            .maxRetries(0)
            .checkJacksonVersionCompatibility(false)
            .build());
  }

  static OpenAIClient openAi(byte[] reply, String mediaType) {
    return new OpenAIClientImpl(
        com.openai.core.ClientOptions.builder()
            .httpClient(new OpenAiReply(ByteString.fromArray(reply), mediaType))
            .baseUrl("http://localhost")
            .apiKey("none")
            .maxRetries(0)
            .checkJacksonVersionCompatibility(false)
            .build());
  }

  private record AnthropicReply(ByteString reply, String mediaType)
      implements com.anthropic.core.http.HttpClient {
    @Override
    public com.anthropic.core.http.HttpResponse execute(
        com.anthropic.core.http.HttpRequest request,
        com.anthropic.core.RequestOptions requestOptions) {
      return new com.anthropic.core.http.HttpResponse() {
        @Override
        public int statusCode() {
          return 200;
        }

        @Override
        public com.anthropic.core.http.Headers headers() {
          return com.anthropic.core.http.Headers.builder().put("content-type", mediaType).build();
        }

        @Override
        public InputStream body() {
          return reply.iterator().asInputStream();
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public CompletableFuture<com.anthropic.core.http.HttpResponse> executeAsync(
        com.anthropic.core.http.HttpRequest request,
        com.anthropic.core.RequestOptions requestOptions) {
      return CompletableFuture.completedFuture(execute(request, requestOptions));
    }

    @Override
    public void close() {}
  }

  private record OpenAiReply(ByteString reply, String mediaType)
      implements com.openai.core.http.HttpClient {
    @Override
    public com.openai.core.http.HttpResponse execute(
        com.openai.core.http.HttpRequest request, com.openai.core.RequestOptions requestOptions) {
      return new com.openai.core.http.HttpResponse() {
        @Override
        public int statusCode() {
          return 200;
        }

        @Override
        public com.openai.core.http.Headers headers() {
          return com.openai.core.http.Headers.builder().put("content-type", mediaType).build();
        }

        @Override
        public InputStream body() {
          return reply.iterator().asInputStream();
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public CompletableFuture<com.openai.core.http.HttpResponse> executeAsync(
        com.openai.core.http.HttpRequest request, com.openai.core.RequestOptions requestOptions) {
      return CompletableFuture.completedFuture(execute(request, requestOptions));
    }

    @Override
    public void close() {}
  }
}
