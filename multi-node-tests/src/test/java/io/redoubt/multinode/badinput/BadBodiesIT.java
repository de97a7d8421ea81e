package io.redoubt.multinode.badinput;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.multinode.product.Documents;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.SharedProduct;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every endpoint that takes a body, with every body that it must not take. */
@ExtendWith(SharedProduct.class)
final class BadBodiesIT {
  private static final int LIMIT = 1 << 20;
  private static final int LINK_LIMIT = 8 << 20;
  private static final int PROMPT_LIMIT = 32 << 20;

  private static final Set<Integer> UNREADABLE = Set.of(400);
  private static final Set<Integer> WRONG = Set.of(400, 422);
  private static final Set<Integer> TYPE = Set.of(415);
  private static final Set<Integer> SIZE = Set.of(413);

  /** Well-formed, so it may even succeed; only a failure of ours is wrong. */
  private static final Set<Integer> ANYTHING_SANE =
      Set.of(200, 201, 202, 204, 400, 401, 403, 404, 409, 422);

  private static final String SQL = "x'); DROP TABLE control.agent CASCADE; --";

  /** Two of them fit into the smallest body that is read, that of who is not known yet. */
  private static final String LONG_TEXT = "x".repeat(60_000);

  private static final String NUL = "a\u0000b";
  private static final String MARKUP = "<script>alert(1)</script>\r\nX-Injected: yes";

  private record BadBody(
      String what, String mediaType, String text, Charset charset, Set<Integer> statuses) {
    static BadBody json(String what, String text, Set<Integer> statuses) {
      return new BadBody(what, "application/json", text, StandardCharsets.UTF_8, statuses);
    }

    byte[] bytes() {
      return text.getBytes(charset);
    }
  }

  private static final List<BadBody> BODIES =
      List.of(
          BadBody.json("half an object", "{\"a\":", UNREADABLE),
          BadBody.json("text after the object", "{} {}", UNREADABLE),
          BadBody.json("no JSON at all", "<a/>", UNREADABLE),
          BadBody.json("a comment", "{/* */}", UNREADABLE),
          BadBody.json("single quotes", "{'a':1}", UNREADABLE),
          BadBody.json("an array", "[]", WRONG),
          BadBody.json("a string", "\"text\"", WRONG),
          BadBody.json("a number", "7", WRONG),
          BadBody.json("null", "null", WRONG),
          BadBody.json("the same key twice", "{\"zz\":1,\"zz\":2}", WRONG),
          BadBody.json("an unknown field", "{\"zz_unknown\":1}", WRONG),
          BadBody.json("a deep nest", "[".repeat(20_000), WRONG),
          BadBody.json("a deep object", "{\"a\":".repeat(5_000) + "1", WRONG),
          BadBody.json("a long number", "{\"zz\":" + "9".repeat(100_000) + "}", WRONG),
          BadBody.json("not a number", "{\"zz\":NaN}", WRONG),
          new BadBody(
              "no UTF-8",
              "application/json",
              "{\"\u00ff\u00fe\":1}",
              StandardCharsets.ISO_8859_1,
              WRONG),
          new BadBody("UTF-16", "application/json", "{}", StandardCharsets.UTF_16, WRONG),
          new BadBody("plain text", "text/plain", "{}", StandardCharsets.UTF_8, TYPE),
          new BadBody(
              "another charset",
              "application/json; charset=utf-16",
              "{}",
              StandardCharsets.UTF_16,
              Set.of(400, 415, 422)),
          new BadBody("no media type", "json", "{}", StandardCharsets.UTF_8, Set.of(400, 415)));

  @Test
  void everyBadBodyIsRefusedInTheContractsForm(Product product) {
    var sweep = Sweep.of(product);
    var endpoints = sweep.endpoints().stream().filter(Endpoint::hasBody).toList();

    for (Endpoint endpoint : endpoints) {
      if (endpoint.takesJson()) {
        sendJson(sweep, endpoint);
      } else {
        sendForms(sweep, endpoint);
      }
      sendOversized(sweep, endpoint);
    }

    assertThat(endpoints).hasSizeGreaterThan(15);
    sweep.assertNothingWrong();
  }

  private static void sendJson(Sweep sweep, Endpoint endpoint) {
    for (BadBody body : BODIES) {
      sweep.expect(
          body.what(),
          endpoint,
          sweep.request(endpoint).body(body.mediaType(), body.bytes()),
          withMissing(endpoint, body.statuses()));
    }
    if (endpoint.bodyRequired()) {
      sweep.expect(
          "no body",
          endpoint,
          sweep.request(endpoint).header("Content-Length", "0"),
          withMissing(endpoint, Set.of(400, 415, 422)));
    }
    for (var wrong : SampleBody.withWrongTypes(endpoint.body())) {
      send(sweep, endpoint, "a wrong type", Documents.write(wrong), withMissing(endpoint, WRONG));
    }
    for (String text : List.of(SQL, NUL, MARKUP, "\uD800", LONG_TEXT)) {
      String body = Documents.write(SampleBody.of(endpoint.body(), text));
      send(
          sweep,
          endpoint,
          "every text is a special one",
          body,
          withMissing(endpoint, ANYTHING_SANE));
    }
  }

  private static void send(
      Sweep sweep, Endpoint endpoint, String what, String body, Set<Integer> statuses) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    sweep.expect(
        what + ": " + body,
        endpoint,
        sweep.request(endpoint).body("application/json", bytes),
        statuses);
  }

  private static void sendForms(Sweep sweep, Endpoint endpoint) {
    var forms = new ArrayList<>(List.of("", "grant_type", "grant_type=%zz", "=&=&&", "a=1&a=2"));
    forms.add("grant_type=client_credentials&grant_type=client_credentials");
    forms.add("grant_type=password&username=a&password=b");
    forms.add("grant_type=client_credentials&client_id=%00&client_secret=%00");
    forms.add("grant_type=client_credentials&client_id=' OR 1=1 --&client_secret='");
    forms.add("grant_type=client_credentials&scope=" + "x ".repeat(10_000));
    for (String form : forms) {
      sweep.expect(
          "the form " + form,
          endpoint,
          sweep
              .request(endpoint)
              .body("application/x-www-form-urlencoded", form.getBytes(StandardCharsets.UTF_8)),
          Set.of(400, 401, 422));
    }
    sweep.expect(
        "JSON instead of a form",
        endpoint,
        sweep.request(endpoint).body("application/json", "{}".getBytes(StandardCharsets.UTF_8)),
        TYPE);
  }

  /** Announced is enough: nobody waits for what nobody would read. */
  private static void sendOversized(Sweep sweep, Endpoint endpoint) {
    sweep.expect(
        "a body of a gigabyte, announced",
        endpoint,
        sweep
            .request(endpoint)
            .header("Content-Length", Integer.toString(1 << 30))
            .body(endpoint.mediaType(), "{".getBytes(StandardCharsets.UTF_8)),
        withMissing(endpoint, SIZE));
    int limit =
        switch (endpoint.credential()) {
          case ENCLAVE -> LINK_LIMIT;
          case AGENT -> PROMPT_LIMIT;
          case NONE, OPERATOR -> LIMIT;
        };
    sweep.expectOrHangUp(
        "a body that is not announced and too large",
        endpoint,
        sweep.request(endpoint).chunked(endpoint.mediaType(), spaces(limit + 2)),
        withMissing(endpoint, SIZE));
  }

  /** JSON and forms alike may begin with them, as far as the parser knows. */
  private static byte[] spaces(int count) {
    var spaces = new byte[count];
    Arrays.fill(spaces, (byte) ' ');
    return spaces;
  }

  /**
   * Whoever names nothing that exists may be told so first, and whoever proves by the call itself
   * who calls, that they did not, and that nobody has so much to say.
   */
  private static Set<Integer> withMissing(Endpoint endpoint, Set<Integer> statuses) {
    var more = new TreeSet<>(statuses);
    if (!endpoint.pathParameters().isEmpty()) {
      more.add(404);
    }
    if (endpoint.isCallback()) {
      more.addAll(Set.of(401, 413));
    }
    return more;
  }
}
