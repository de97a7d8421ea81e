package io.redoubt.http;

import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.pekko.http.javadsl.model.AttributeKey;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * A request's place in a distributed trace (W3C Trace Context, level 1). A caller's {@code
 * traceparent} is continued; without one, or with one that does not parse, a new trace begins.
 *
 * @param traceId 32 hexadecimal digits, not all zero
 * @param spanId 16 hexadecimal digits: this hop
 */
public record RequestTrace(String traceId, String parentSpanId, String spanId, boolean sampled) {
  static final AttributeKey<RequestTrace> KEY = AttributeKey.create("trace", RequestTrace.class);
  private static final HexFormat HEX = HexFormat.of();
  private static final int LENGTH = 55;

  static RequestTrace continuing(HttpRequest request) {
    return request
        .getHeader("traceparent")
        .flatMap(header -> parse(header.value()))
        .orElseGet(() -> new RequestTrace(randomHex() + randomHex(), "", randomHex(), true));
  }

  static Optional<RequestTrace> parse(String header) {
    if (header.length() != LENGTH
        || !header.startsWith("00-")
        || header.charAt(35) != '-'
        || header.charAt(52) != '-') {
      return Optional.empty();
    }
    String traceId = header.substring(3, 35);
    String parent = header.substring(36, 52);
    String flags = header.substring(53);
    if (!isLowerHex(traceId) || !isLowerHex(parent) || !isLowerHex(flags)) {
      return Optional.empty();
    }
    if (traceId.chars().allMatch(c -> c == '0') || parent.chars().allMatch(c -> c == '0')) {
      return Optional.empty();
    }
    boolean sampled = (HexFormat.fromHexDigit(flags.charAt(1)) & 1) == 1;
    return Optional.of(new RequestTrace(traceId, parent, randomHex(), sampled));
  }

  /** The header to hand on. */
  public String traceparent() {
    return "00-" + traceId + '-' + spanId + (sampled ? "-01" : "-00");
  }

  private static boolean isLowerHex(String text) {
    return text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }

  /** A trace's id identifies, it does not protect: no need of a secure source. */
  private static String randomHex() {
    long bits;
    do {
      bits = ThreadLocalRandom.current().nextLong();
    } while (bits == 0);
    return HEX.toHexDigits(bits);
  }
}
