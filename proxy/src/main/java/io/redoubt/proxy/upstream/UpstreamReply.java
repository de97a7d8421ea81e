package io.redoubt.proxy.upstream;

import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.util.ByteString;

/**
 * The head of a reply, and its body or the way to it.
 *
 * @param status 200 to 599
 * @param reason the words beside it, if any
 * @param headers as they came, {@code content-type} included
 */
public record UpstreamReply(int status, String reason, List<HttpHeader> headers, Body body) {

  /** A body is there when the reply is, or still to come. */
  public sealed interface Body {}

  /** All of it. */
  public record Whole(ByteString data) implements Body {}

  /**
   * To be read.
   *
   * @param length where the upstream said it
   */
  public record Streamed(OptionalLong length, UpstreamBody bytes) implements Body {}

  public UpstreamReply {
    headers = List.copyOf(headers);
  }

  /** Reads the body whole; fails where it is longer than the limit, or breaks off. */
  public CompletionStage<ByteString> collect(int mostBytes) {
    return switch (body) {
      case Whole whole when whole.data.size() <= mostBytes ->
          CompletableFuture.completedFuture(whole.data);
      case Whole _ -> CompletableFuture.failedFuture(UpstreamBody.tooLong());
      case Streamed streamed -> streamed.bytes.collect(mostBytes);
    };
  }

  public boolean isSuccess() {
    return status < 300;
  }

  /** Whether it sends its reader somewhere else. */
  public boolean redirects() {
    return status >= 300 && status < 400;
  }

  /** Whether its body is compressed, or coded otherwise (RFC 9110 §8.4). */
  public boolean isEncoded() {
    for (HttpHeader header : headers) {
      if (header.is("content-encoding") && !header.value().strip().equalsIgnoreCase("identity")) {
        return true;
      }
    }
    return false;
  }

  /** In lower case and without parameters; empty if the upstream did not say. */
  public String mediaType() {
    for (HttpHeader header : headers) {
      if (header.is("content-type")) {
        String value = header.value();
        int end = value.indexOf(';');
        return (end < 0 ? value : value.substring(0, end)).strip().toLowerCase(Locale.ROOT);
      }
    }
    return "";
  }
}
