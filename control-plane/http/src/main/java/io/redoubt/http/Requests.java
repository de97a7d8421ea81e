package io.redoubt.http;

import io.redoubt.protocol.net.Cidr;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.RemoteAddress;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** Facts about the request at hand. */
public final class Requests {
  private static final int MAX_PAGE = 200;
  private static final int DEFAULT_PAGE = 50;
  private static final int MAX_CURSOR = 512;
  private static final Pattern IDEMPOTENCY_KEY = Pattern.compile("[\\x21-\\x7e]{1,255}");

  /** It takes back nothing that it has read: whoever asks may say much. */
  private static final Pattern WAIT =
      Pattern.compile(
          "(?:^|,)\\s*+wait\\s*+=\\s*+\"?+([0-9]++)\"?+\\s*+(?:$|[,;])", Pattern.CASE_INSENSITIVE);

  /** Of a number that is a long time already. */
  private static final int MANY_DIGITS = 9;

  private Requests() {}

  /**
   * Which part of a list is asked for.
   *
   * @param limit 1 to 200
   */
  public record Page(int limit, Optional<String> cursor) {}

  /**
   * How long the caller would like to wait for an answer: {@code Prefer: wait=SECONDS} (RFC 7240
   * §4.3; names in either case, and of several the first, §2). Empty where it does not say, or not
   * in a way that can be understood.
   *
   * @param most that it may wait
   */
  public static Optional<Duration> preferredWait(HttpRequest request, Duration most) {
    for (HttpHeader header : request.getHeaders()) {
      if (header.is("prefer")) {
        var found = WAIT.matcher(header.value());
        if (found.find()) {
          String seconds = found.group(1).replaceFirst("^0+(?=.)", "");
          return seconds.length() < MANY_DIGITS && Long.parseLong(seconds) < most.toSeconds()
              ? Optional.of(Duration.ofSeconds(Long.parseLong(seconds)))
              : Optional.of(most);
        }
      }
    }
    return Optional.empty();
  }

  /** By which the caller marks a request that it may repeat; empty: it marks none. */
  public static Optional<String> idempotencyKey(HttpRequest request) {
    return request
        .getHeader("idempotency-key")
        .map(HttpHeader::value)
        .map(text -> {
          if (!IDEMPOTENCY_KEY.matcher(text).matches()) {
            throw ProblemException.of(
                ErrorType.MALFORMED_REQUEST,
                "Idempotency-Key has 1 to 255 printable ASCII characters.");
          }
          return text;
        });
  }

  /** The request's place in its trace. */
  public static RequestTrace trace(HttpRequest request) {
    return request.getAttribute(RequestTrace.KEY).orElseGet(() -> RequestTrace.continuing(request));
  }

  /** The W3C trace id, 32 hexadecimal digits. */
  public static Route traceId(Function<String, Route> inner) {
    return Directives.extractRequest(request -> inner.apply(trace(request).traceId()));
  }

  /** The address that the request comes from. */
  public static Route source(EdgeConfig config, Function<InetAddress, Route> inner) {
    return Directives.extractRequest(request -> inner.apply(source(config, request)));
  }

  /**
   * The peer's address, unless the peer is a trusted proxy: then the last address of the forwarding
   * chain that is no trusted proxy itself, since everything before it is hearsay (RFC 7239 §8.1).
   *
   * @throws ProblemException where the two headers for it say different things: a proxy that writes
   *     one may have passed on the other as the client made it up
   */
  public static InetAddress source(EdgeConfig config, HttpRequest request) {
    InetAddress peer =
        request
            .getAttribute(AttributeKeys.remoteAddress)
            .flatMap(RemoteAddress::getAddress)
            .orElseThrow(() -> new IllegalStateException("the server records remote addresses"));
    if (!trusted(config, peer)) {
      return peer;
    }
    var sources =
        Stream.of(ForwardedChain.standard(request), ForwardedChain.conventional(request))
            .flatMap(Optional::stream)
            .map(chain -> behind(config, peer, chain))
            .distinct()
            .toList();
    if (sources.size() > 1) {
      throw ProblemException.of(
          ErrorType.MALFORMED_REQUEST, "Forwarded and X-Forwarded-For disagree.");
    }
    return sources.isEmpty() ? peer : sources.getFirst();
  }

  private static InetAddress behind(EdgeConfig config, InetAddress proxy, List<InetAddress> chain) {
    for (int i = chain.size() - 1; i >= 0; i--) {
      if (!trusted(config, chain.get(i))) {
        return chain.get(i);
      }
    }
    return chain.isEmpty() ? proxy : chain.getFirst();
  }

  private static boolean trusted(EdgeConfig config, InetAddress address) {
    for (Cidr block : config.trustedProxies()) {
      if (block.contains(address)) {
        return true;
      }
    }
    return false;
  }

  /**
   * What {@code Authorization} says; empty without the header.
   *
   * @throws ProblemException where it comes more than once: which of them is meant is not ours to
   *     guess, and whatever stands before us may have guessed otherwise (RFC 6750 §3.1)
   */
  public static Optional<String> authorization(HttpRequest request) {
    // By header line, since the parsed form would accept what RFC 6750 does not.
    String found = null;
    for (HttpHeader header : request.getHeaders()) {
      if (header.lowercaseName().equals("authorization")) {
        if (found != null) {
          throw ProblemException.of(
              ErrorType.MALFORMED_REQUEST, "Authorization comes more than once.");
        }
        found = header.value();
      }
    }
    return Optional.ofNullable(found);
  }

  /**
   * The token of {@code Authorization: Bearer} (RFC 6750 §2.1); empty without the header.
   *
   * @throws ProblemException as {@link #authorization}
   */
  public static Optional<String> bearer(HttpRequest request) {
    return authorization(request)
        .filter(value -> value.regionMatches(true, 0, "Bearer ", 0, 7))
        .map(value -> value.substring(7).trim());
  }

  /** The header's value; null where it is not there, and where it comes more than once. */
  public static @Nullable String single(HttpRequest request, String name) {
    @Nullable String found = null;
    for (HttpHeader header : request.getHeaders()) {
      if (header.lowercaseName().equals(name)) {
        if (found != null) {
          return null;
        }
        found = header.value();
      }
    }
    return found;
  }

  /** {@code ?limit=&cursor=}. */
  public static Route page(Function<Page, Route> inner) {
    return Directives.extractRequest(request -> {
      var query = request.getUri().query();
      int limit = query.get("limit").map(Requests::limit).orElse(DEFAULT_PAGE);
      Optional<String> cursor = query.get("cursor");
      if (cursor.isPresent() && cursor.get().length() > MAX_CURSOR) {
        throw ProblemException.of(ErrorType.MALFORMED_REQUEST, "The cursor is not one of ours.");
      }
      return inner.apply(new Page(limit, cursor));
    });
  }

  private static int limit(String text) {
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= MAX_PAGE) {
        return limit;
      }
    } catch (NumberFormatException _) {
      // answered below, like a number out of range
    }
    throw ProblemException.of(
        ErrorType.MALFORMED_REQUEST, "limit is a whole number from 1 to " + MAX_PAGE + ".");
  }
}
