package io.redoubt.enclave.link;

import io.redoubt.protocol.link.ChatCallback;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/**
 * Hands the control plane what the servers of channels said here, byte for byte: where it stands
 * behind the enclave, they cannot reach it themselves. What they said proves itself to the control
 * plane, so nothing is believed here, and nothing kept.
 */
public final class CallbackRelay implements AutoCloseable {
  /** Slack gives up after three seconds. */
  private static final Duration LIMIT = Duration.ofMillis(2_700);

  private static final int MOST_AT_ONCE = 32;
  private static final int MAX_ANSWER_BYTES = 64 * 1024;

  private final LinkConfig config;
  private final HttpClient http;
  private final URI callbacks;
  private final Semaphore room = new Semaphore(MOST_AT_ONCE);

  public CallbackRelay(LinkConfig config, SSLContext tls) {
    this.config = config;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LIMIT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .sslContext(tls)
            .build();
    String url = config.url().toString();
    this.callbacks =
        URI.create(url.endsWith("/") ? url : url + "/").resolve("enclave/v1/callbacks/");
  }

  /**
   * Hands on what calls itself a chat's server.
   *
   * @param proofs headers, in lower case, by which it proves that
   * @return what the chat is to show, or nothing; fails with a {@link ProblemException} where the
   *     control plane does not take it, or is away
   */
  public CompletionStage<byte[]> handOn(
      ChatCallback chat, Map<String, String> proofs, byte[] body) {
    if (!proofs.keySet().containsAll(chat.proofs())) {
      return CompletableFuture.failedFuture(
          ProblemException.of(ErrorType.CREDENTIAL_MISSING, "Chats prove who calls."));
    }
    if (!room.tryAcquire()) {
      return CompletableFuture.failedFuture(away());
    }
    CompletableFuture<HttpResponse<byte[]>> sent;
    try {
      var request =
          HttpRequest.newBuilder(callbacks.resolve(chat.wire()))
              .timeout(LIMIT)
              .header("Authorization", "Bearer " + config.apiKey().reveal())
              .header("Content-Type", chat.mediaType())
              .POST(HttpRequest.BodyPublishers.ofByteArray(body));
      proofs.forEach((proof, value) -> request.header(ChatCallback.passedOn(proof), value));
      var whole = HttpResponse.BodyHandlers.ofByteArray();
      sent =
          http.sendAsync(
              request.build(), HttpResponse.BodyHandlers.limiting(whole, MAX_ANSWER_BYTES));
    } catch (IllegalArgumentException _) {
      // A header that cannot be one: no proof of a chat's.
      room.release();
      return CompletableFuture.failedFuture(ProblemException.of(ErrorType.CREDENTIAL_INVALID));
    }
    var answered = sent.orTimeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    return answered
        .whenComplete((_, _) -> {
          room.release();
          boolean _ = sent.cancel(true);
        })
        .handle((response, failure) -> {
          if (response == null || failure != null) {
            throw new CompletionException(away());
          }
          if (response.statusCode() == 200) {
            return response.body();
          }
          throw new CompletionException(refusal(response.statusCode()));
        });
  }

  private static ProblemException refusal(int status) {
    return switch (status) {
      case 400 ->
          ProblemException.of(ErrorType.MALFORMED_REQUEST, "It is not what the chat sends.");
      case 401 -> ProblemException.of(ErrorType.CREDENTIAL_INVALID);
      case 409 -> ProblemException.of(ErrorType.CONFLICT, "This call was heard before.");
      case 413 -> ProblemException.of(ErrorType.CONTENT_TOO_LARGE);
      case 429 ->
          ProblemException.retryAfter(
              ErrorType.RATE_LIMITED, "Too many calls for this channel.", 1);
      default -> away();
    };
  }

  private static ProblemException away() {
    return ProblemException.retryAfter(
        ErrorType.UNAVAILABLE, "The control plane cannot be reached from here.", 5);
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
