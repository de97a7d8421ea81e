package io.redoubt.proxy.llm;

import io.redoubt.proxy.upstream.UpstreamReply;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.scaladsl.model.headers.CustomHeader;

/**
 * Which header lines go on. What belongs to a connection, carries a credential, or speaks of this
 * host stays; everything else, known or not, passes.
 */
final class HeaderRules {
  private static final String OURS = "x-redoubt-";

  /** RFC 9110 §7.6.1, and what is computed anew. */
  private static final Set<String> OF_THE_CONNECTION =
      Set.of(
          "connection",
          "keep-alive",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "content-length",
          "content-type");

  private static final Set<String> KEPT_FROM_UPSTREAM =
      Set.of(
          "accept-encoding",
          "expect",
          "host",
          "cookie",
          "dpop",
          // Azure's name for a key; an agent's own credential has its own way in.
          "api-key",
          // Where the agent runs is no business of the provider's.
          "forwarded",
          "x-forwarded-for",
          "x-forwarded-host",
          "x-forwarded-port",
          "x-forwarded-proto",
          "x-real-ip",
          // Said anew of this hop, whose parent the caller's is.
          "traceparent",
          "tracestate");

  private static final Set<String> KEPT_FROM_CLIENT =
      Set.of(
          // Said by this server for itself.
          "date",
          "server",
          "traceparent",
          "x-content-type-options",
          // Speak of the provider's host, and would be taken for this one's.
          "set-cookie",
          "alt-svc",
          "strict-transport-security",
          "nel",
          "report-to");

  private HeaderRules() {}

  /**
   * What goes upstream of a request.
   *
   * @param withCredentials whether they are the agent's own, for the upstream
   */
  static List<HttpHeader> towardsUpstream(HttpRequest request, boolean withCredentials) {
    var nominated = nominated(request.getHeaders());
    var forwarded = new ArrayList<HttpHeader>();
    for (HttpHeader header : request.getHeaders()) {
      String name = header.lowercaseName();
      if (passes(name, nominated)
          && header.renderInRequests()
          && !KEPT_FROM_UPSTREAM.contains(name)
          && (withCredentials || !OwnCredential.HEADERS.contains(name))) {
        forwarded.add(header);
      }
    }
    return forwarded;
  }

  /** What goes to the client of a reply; the type of its body among it. */
  static List<HttpHeader> towardsClient(UpstreamReply reply) {
    var nominated = nominated(reply.headers());
    var forwarded = new ArrayList<HttpHeader>(reply.headers().size() + 4);
    for (HttpHeader header : reply.headers()) {
      String name = header.lowercaseName();
      if (name.equals("content-type")) {
        forwarded.add(new TypeAsSent(header));
      } else if (passes(name, nominated) && !KEPT_FROM_CLIENT.contains(name)) {
        forwarded.add(header);
      }
    }
    return forwarded;
  }

  /**
   * A body's type in the upstream's own words. Parsed and written anew, as an entity's type is, it
   * would lose what is not known of it; and a plain header line of that name is not written.
   */
  private static final class TypeAsSent extends CustomHeader {
    private final HttpHeader sent;

    TypeAsSent(HttpHeader sent) {
      this.sent = sent;
    }

    @Override
    public String name() {
      return sent.name();
    }

    @Override
    public String value() {
      return sent.value();
    }

    @Override
    public boolean renderInRequests() {
      return false;
    }

    @Override
    public boolean renderInResponses() {
      return true;
    }
  }

  private static boolean passes(String name, Set<String> nominated) {
    return !OF_THE_CONNECTION.contains(name)
        && !name.startsWith(OURS)
        && !name.startsWith("proxy-")
        && !nominated.contains(name);
  }

  /** A Connection header names further lines that end at this hop. */
  private static Set<String> nominated(Iterable<HttpHeader> headers) {
    Set<String> names = Set.of();
    for (HttpHeader header : headers) {
      if (header.lowercaseName().equals("connection")) {
        names = names.isEmpty() ? new HashSet<>() : names;
        names.addAll(List.of(header.value().toLowerCase(Locale.ROOT).split("[\\s,]+", -1)));
      }
    }
    return names;
  }
}
