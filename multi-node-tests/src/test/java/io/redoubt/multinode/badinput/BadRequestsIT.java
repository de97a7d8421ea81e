package io.redoubt.multinode.badinput;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.SharedProduct;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Heads, targets and speeds of sending that no honest client has. */
@ExtendWith(SharedProduct.class)
final class BadRequestsIT {
  /** Of patience with a slow sender; the product is started with deadlines well below. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final String INJECTION = "%0d%0aX-Injected:%20yes";

  private record BadHead(String what, String head, Set<Integer> statuses) {}

  private static final List<BadHead> HEADS =
      List.of(
          new BadHead("10,000 headers", get(lines("X-Filler-%d: a", 10_000)), Set.of(431)),
          new BadHead("100 headers", get(lines("X-Filler-%d: a", 100)), Set.of(431)),
          new BadHead("a long header", get("X-Long: " + "a".repeat(100_000)), Set.of(431)),
          new BadHead(
              "a long header name", get("X" + "-a".repeat(50_000) + ": 1"), Set.of(400, 431)),
          new BadHead("a long target", "GET /" + "a".repeat(100_000) + " HTTP/1.1", Set.of(414)),
          new BadHead("a long method", "A".repeat(5_000) + " / HTTP/1.1", Set.of(400, 405, 501)),
          new BadHead("no host", "GET /alive HTTP/1.1", Set.of(400)),
          new BadHead("two hosts", "GET /alive HTTP/1.1\r\nHost: a\r\nHost: b", Set.of(400)),
          new BadHead("no HTTP", "hello there, who is listening", Set.of(400, 501)),
          new BadHead("TLS", "\u0016\u0003\u0001\u0002\u0000\u0001", Set.of(400)),
          new BadHead("HTTP/9", "GET /alive HTTP/9.9\r\nHost: a", Set.of(400, 505)),
          new BadHead("a bare carriage return", get("X-A: a\rX-Injected: yes"), Set.of(400)),
          new BadHead("a NUL in a header", get("X-A: a\u0000b"), Set.of(400)),
          new BadHead("a space before the colon", get("X-A : a"), Set.of(400)),
          new BadHead("a header without a colon", get("X-A"), Set.of(400)),
          new BadHead("a broken escape", target("/api/v1/agents/%zz"), Set.of(400, 404)),
          new BadHead("a NUL in the path", target("/api/v1/agents/%00"), Set.of(400, 401, 404)),
          new BadHead("a way out", target("/../../../etc/passwd"), Set.of(400, 401, 404)),
          new BadHead("a hidden way out", target("/%2e%2e/%2e%2e/etc/passwd"), Set.of(400, 404)),
          new BadHead("an injection in the path", target("/" + INJECTION), Set.of(400, 404)),
          new BadHead("no such page", target("/nothing/here"), Set.of(404)),
          new BadHead(
              "an unknown method", "BREW /alive HTTP/1.1\r\nHost: a", Set.of(400, 405, 501)),
          new BadHead(
              "lengths that differ",
              "POST /v1/agent/refresh HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2",
              Set.of(400)),
          new BadHead(
              "a negative length",
              "POST /v1/agent/refresh HTTP/1.1\r\nHost: a\r\nContent-Length: -1",
              Set.of(400)),
          new BadHead(
              "a length and chunks",
              "POST /v1/agent/refresh HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                  + "Transfer-Encoding: chunked",
              Set.of(400, 404)),
          new BadHead(
              "an unknown transfer encoding",
              "POST /v1/agent/refresh HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, identity",
              Set.of(400, 404, 415, 501)));

  private static String target(String target) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close";
  }

  private static String get(String headers) {
    return target("/alive") + "\r\n" + headers;
  }

  private static String lines(String format, int count) {
    var lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append(i == 0 ? "" : "\r\n").append(format.formatted(i));
    }
    return lines.toString();
  }

  @Test
  void everyBadHeadIsAnsweredInTheServersForm(Product product) {
    var sweep = Sweep.of(product);

    for (URI server : sweep.servers()) {
      for (BadHead bad : HEADS) {
        byte[] bytes = (bad.head() + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
        String what = server + ", " + bad.what();
        sweep
            .answer(server, bytes)
            .ifPresentOrElse(
                reply ->
                    sweep.check(
                        what,
                        sweep.formBeforeRoutes(server, bad.head(), reply),
                        reply,
                        bad.statuses()),
                () -> sweep.violation(what, what + ": no answer"));
      }
    }

    sweep.assertNothingWrong();
  }

  @Test
  void everyBadParameterIsRefusedOrIgnored(Product product) {
    var sweep = Sweep.of(product);
    var values =
        List.of(
            "",
            "%27%20OR%201=1%20--",
            "%00",
            "-1",
            "0",
            "99999999999999999999",
            INJECTION,
            "a".repeat(2_000),
            "%F0%9F%92%A9",
            "%c3%28");
    var answers = Set.of(200, 204, 400, 404, 409, 422);

    for (Endpoint endpoint : sweep.endpoints()) {
      for (String value : values) {
        for (String parameter : endpoint.queryParameters()) {
          String path = endpoint.pathOfNobody() + "?" + parameter + "=" + value;
          if (!endpoint.streams() || value.length() > 5) {
            sweep.expect(
                parameter + "=" + value, endpoint, withBody(sweep, endpoint, path), answers);
          }
        }
        if (!endpoint.pathParameters().isEmpty() && !value.isEmpty()) {
          String path = endpoint.pathWith(_ -> value);
          sweep.expect(
              "the id " + value, endpoint, withBody(sweep, endpoint, path), Set.of(400, 404, 422));
        }
      }
    }

    sweep.assertNothingWrong();
  }

  private static RawRequest withBody(Sweep sweep, Endpoint endpoint, String path) {
    var request = sweep.request(endpoint, path);
    return endpoint.hasBody()
        ? request.body(endpoint.mediaType(), "{}".getBytes(StandardCharsets.UTF_8))
        : request;
  }

  @Test
  void strangeHeadersChangeNothing(Product product) {
    var sweep = Sweep.of(product);
    var headers =
        List.of(
            "traceparent: 00-zz-zz-zz",
            "traceparent: " + "0".repeat(5_000),
            "tracestate: " + "a=b,".repeat(500),
            "Prefer: wait=99999999999999",
            "Accept: image/png",
            "Accept-Encoding: br;q=9",
            "Range: bytes=0-1",
            "If-None-Match: *",
            "X-Forwarded-For: 10.0.0.1, garbage, ::::",
            "Forwarded: for=\"[::1",
            "X-HTTP-Method-Override: DELETE",
            "X-Redoubt-Organization: org_1",
            "Cookie: " + "a=b;".repeat(2_000),
            "Upgrade: h2c",
            "Expect: 200-maybe",
            "DPoP: not-a-proof");

    for (Endpoint endpoint : sweep.endpoints()) {
      if (endpoint.method().equals("GET") && !endpoint.streams()) {
        for (String header : headers) {
          int colon = header.indexOf(':');
          sweep.expect(
              header,
              endpoint,
              sweep
                  .request(endpoint)
                  .header(header.substring(0, colon), header.substring(colon + 2)),
              Set.of(200, 204, 304, 400, 401, 404, 406, 417));
        }
      }
    }

    sweep.assertNothingWrong();
  }

  /** All at once, since each takes as long as the server puts up with it. */
  @Test
  void slowSendersAreHungUpOn(Product product) throws Exception {
    var sweep = Sweep.of(product);
    var results = new ArrayList<Callable<String>>();
    for (URI server : sweep.servers()) {
      results.add(() -> slowHead(server));
      results.add(() -> slowHead(server));
    }
    URI agent = product.runtime().node().agent();
    results.add(() -> slowBody(sweep, agent, "/v1/agent/refresh", ""));
    results.add(() ->
        slowBody(
            sweep,
            product.runtime().node().acting(),
            "/v1/messages",
            "Authorization: Bearer " + sweep.agent().accessToken() + "\r\n"));
    results.add(() ->
        slowBody(
            sweep,
            product.runtime().controlPlane(),
            "/api/v1/agents",
            "Authorization: Bearer " + sweep.operator().token() + "\r\n"));

    var wrong = new ArrayList<String>();
    try (var senders = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var result : senders.invokeAll(results)) {
        if (!result.get().isEmpty()) {
          wrong.add(result.get());
        }
      }
    }

    assertThat(wrong).isEmpty();
    sweep.assertNothingWrong();
  }

  private static String slowHead(URI server) throws Exception {
    byte[] beginning = "GET /alive HTTP/1.1\r\nX-Slow: ".getBytes(StandardCharsets.US_ASCII);
    var patience = RawHttp.drip(server, Sweep.source(), beginning, (byte) 'a', PATIENCE);
    boolean well = patience.reply().map(reply -> reply.status() == 408).orElse(false);
    return well ? "" : server + ", a slow head: " + patience;
  }

  private static String slowBody(Sweep sweep, URI server, String path, String headers)
      throws Exception {
    String head =
        "POST "
            + path
            + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + headers
            + "Content-Length: 100000\r\n\r\n{";
    var patience =
        RawHttp.drip(
            server, Sweep.source(), head.getBytes(StandardCharsets.US_ASCII), (byte) ' ', PATIENCE);
    var form = path.equals("/v1/messages") ? Endpoint.Form.ANTHROPIC : Endpoint.Form.PROBLEM;
    patience.reply().ifPresent(reply -> sweep.check(path, form, reply, Set.of(408)));
    return patience.reply().isPresent() ? "" : path + ": hung up without a word: " + patience;
  }
}
