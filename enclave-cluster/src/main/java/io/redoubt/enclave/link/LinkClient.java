package io.redoubt.enclave.link;

import com.fasterxml.jackson.databind.ObjectReader;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.AuditBatch;
import io.redoubt.protocol.link.Hello;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.BundleDigest;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;

/**
 * The enclave's side of the link's HTTP: every connection is opened from here, and every call
 * carries the API key. Blocking, for virtual threads.
 */
final class LinkClient implements AutoCloseable {
  private static final int MAX_ANSWER_BYTES = 1024 * 1024;
  private static final ObjectReader HELLO = Json.LENIENT.readerFor(Hello.Response.class);
  private static final ObjectReader KEPT = Json.LENIENT.readerFor(AuditBatch.Kept.class);

  private final LinkConfig config;
  private final HttpClient http;
  private final URI base;

  LinkClient(LinkConfig config, SSLContext tls) {
    this.config = config;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(config.requestTimeout())
            .followRedirects(HttpClient.Redirect.NEVER)
            .sslContext(tls)
            .build();
    String url = config.url().toString();
    this.base = URI.create(url.endsWith("/") ? url : url + "/");
  }

  /** The control plane answered, but not with what was asked for. */
  static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;
    private final int status;

    RefusedException(String call, int status) {
      super("the control plane answered " + status + " to " + call);
      this.status = status;
    }

    int status() {
      return status;
    }
  }

  /**
   * Whether nobody listens at the control plane's address, as while it starts: whoever asks again
   * soon is a burden to nobody.
   */
  static boolean isRefused(Throwable failure) {
    return failure instanceof ConnectException
        && !(failure.getCause() instanceof UnresolvedAddressException);
  }

  /** {@code POST {"reports": […]}}. */
  private record Reports(List<LinkReport> reports) {}

  Hello.Response hello(Hello.Request hello) throws IOException, InterruptedException {
    return HELLO.readValue(post("enclave/v1/hello", Json.write(hello)));
  }

  /** Everything after that number, as it comes. The stream ends when either side closes it. */
  ServerSentEvents commands(long after) throws IOException, InterruptedException {
    var request =
        request("enclave/v1/commands?after=" + after)
            .header("Accept", "text/event-stream")
            .GET()
            .build();
    var response = answer(request, HttpResponse.BodyHandlers.ofInputStream());
    if (response.statusCode() != 200) {
      response.body().close();
      throw new RefusedException("commands", response.statusCode());
    }
    return new ServerSentEvents(response.body(), config.maxEventBytes());
  }

  /** The bundle of that digest, signed; not yet held against anything. */
  String bundle(BundleDigest digest) throws IOException, InterruptedException {
    String path = "enclave/v1/bundles/" + digest;
    var whole = HttpResponse.BodyHandlers.ofString(StandardCharsets.US_ASCII);
    var response =
        answer(
            request(path).GET().build(),
            HttpResponse.BodyHandlers.limiting(whole, Bundle.MAX_SIGNED_LENGTH));
    if (response.statusCode() != 200) {
      throw new RefusedException(path, response.statusCode());
    }
    return response.body();
  }

  void report(List<LinkReport> reports) throws IOException, InterruptedException {
    // The type's name goes into the JSON only where Jackson sees the declared type.
    byte[] body = Json.LENIENT.writerFor(Reports.class).writeValueAsBytes(new Reports(reports));
    post("enclave/v1/reports", body);
  }

  /** Answers the highest number up to which the control plane has everything. */
  long audit(AuditBatch.Stored batch) throws IOException, InterruptedException {
    AuditBatch.Kept kept = KEPT.readValue(post("enclave/v1/audit", Json.write(batch)));
    return kept.contiguous();
  }

  private byte[] post(String path, byte[] body) throws IOException, InterruptedException {
    var request =
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    var whole = HttpResponse.BodyHandlers.ofByteArray();
    var response = answer(request, HttpResponse.BodyHandlers.limiting(whole, MAX_ANSWER_BYTES));
    if (response.statusCode() / 100 != 2) {
      throw new RefusedException(path, response.statusCode());
    }
    return response.body();
  }

  /**
   * What is answered within the request time-out: as far as the handler reads, so that neither a
   * head that never comes nor a body that stops half-way holds anybody up (G11).
   */
  private <T> HttpResponse<T> answer(HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws IOException, InterruptedException {
    var answer = http.sendAsync(request, handler);
    try {
      return answer.get(config.requestTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new HttpTimeoutException("the control plane did not answer in time");
    } catch (InterruptedException e) {
      answer.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException broken ? broken : new IOException(e.getCause());
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(base.resolve(path))
        .header("Authorization", "Bearer " + config.apiKey().reveal());
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
