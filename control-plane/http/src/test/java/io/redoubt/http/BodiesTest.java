package io.redoubt.http;

import static io.redoubt.http.EdgeServer.assertProblem;
import static io.redoubt.http.EdgeServer.body;
import static io.redoubt.http.EdgeServer.json;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Map;
import org.apache.pekko.http.javadsl.server.Route;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What is read of a body, and what is answered where it is not what was asked for. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BodiesTest {
  @AutoClose private final EdgeServer server = new EdgeServer(BodiesTest::routes);

  private static Route routes(EdgeConfig config) {
    var bodies = new Bodies(config);
    return concat(
        path(
            "greet",
            () ->
                post(() ->
                    bodies.json(
                        Greeting.class,
                        greeting -> Replies.json(200, Map.of("hello", greeting.name()))))),
        path(
            "noted",
            () ->
                post(() ->
                    bodies.json(
                        Greeting.class,
                        greeting -> {
                          if (greeting.name() == null) {
                            throw ProblemException.invalid("/name", "is needed");
                          }
                          return Replies.json(200, Map.of("hello", greeting.name()));
                        },
                        problem -> Replies.json(202, Map.of("noted", problem.type().code()))))),
        path(
            "form",
            () ->
                post(() ->
                    bodies.form(
                        form -> Replies.json(200, form),
                        () -> Replies.json(400, Map.of("error", "malformed"))))));
  }

  private record Greeting(String name, AgentId agent) {}

  @Test
  void aGoodBodyIsRead() throws Exception {
    var answer =
        server.submit(
            "/greet", json("{\"name\":\"Ada\",\"agent\":\"agt_" + "0".repeat(32) + "\"}"));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"hello\":\"Ada\"}");
    assertThat(answer.headers().firstValue("cache-control")).contains("no-store");
  }

  @Test
  void whatIsNotJsonIsMalformed() throws Exception {
    assertProblem(server.submit("/greet", json("{\"name\":")), ErrorType.MALFORMED_REQUEST);
    assertProblem(server.submit("/greet", json("")), ErrorType.MALFORMED_REQUEST);
    assertProblem(server.submit("/greet", json("{} {}")), ErrorType.MALFORMED_REQUEST);
  }

  /** RFC 8259, section 8.1, and RFC 3629: neither stray bytes, nor long forms, nor surrogates. */
  @Test
  void whatIsNotJsonIsMalformedInsideAValueToo() throws Exception {
    for (String name : List.of("a\u00ff", "\u00c0\u00af", "\u00ed\u00a0\u0080", "a\u00c3")) {
      for (String form : List.of("{\"name\":\"%s\"}", "{\"%s\":1}")) {
        var sent =
            server
                .request("/greet")
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofByteArray(form.formatted(name).getBytes(ISO_8859_1)));
        assertProblem(server.send(sent), ErrorType.MALFORMED_REQUEST);
      }
    }
    assertProblem(server.submit("/greet", json("{\"name\":\"Ada")), ErrorType.MALFORMED_REQUEST);
    assertProblem(server.submit("/greet", json("{\"name\":\"\\x\"}")), ErrorType.MALFORMED_REQUEST);
  }

  @Test
  void aWrongFieldIsNamedByItsPointer() throws Exception {
    var wrongType =
        assertProblem(server.submit("/greet", json("{\"name\":7}")), ErrorType.INVALID_REQUEST);
    var wrongId =
        assertProblem(
            server.submit("/greet", json("{\"agent\":\"x\"}")), ErrorType.INVALID_REQUEST);
    var unknown =
        assertProblem(server.submit("/greet", json("{\"nmae\":\"\"}")), ErrorType.INVALID_REQUEST);

    assertThat(wrongType.at("/errors/0/pointer").asText()).isEqualTo("/name");
    assertThat(wrongId.at("/errors/0/pointer").asText()).isEqualTo("/agent");
    assertThat(wrongId.at("/errors/0/detail").asText()).contains("agt_");
    assertThat(unknown.at("/errors/0/pointer").asText()).isEqualTo("/nmae");
  }

  @Test
  void whateverIsNoSuchBodyIsHeardOfWhereSomebodyWantsToKnow() throws Exception {
    assertThat(server.submit("/noted", json("{\"name\":\"Ada\"}")).body())
        .isEqualTo("{\"hello\":\"Ada\"}");
    for (var each :
        Map.of(
                "{",
                ErrorType.MALFORMED_REQUEST,
                "",
                ErrorType.MALFORMED_REQUEST,
                "{\"nmae\":\"\"}",
                ErrorType.INVALID_REQUEST,
                "{}",
                ErrorType.INVALID_REQUEST,
                "{\"name\":\"" + "x".repeat(300) + "\"}",
                ErrorType.CONTENT_TOO_LARGE)
            .entrySet()) {
      var answer = server.submit("/noted", json(each.getKey()));
      assertThat(answer.statusCode()).isEqualTo(202);
      assertThat(answer.body()).isEqualTo("{\"noted\":\"" + each.getValue().code() + "\"}");
    }
    assertThat(server.submit("/noted", body("text/plain", "{}")).body())
        .contains(ErrorType.UNSUPPORTED_MEDIA_TYPE.code());
  }

  @Test
  void duplicateKeysAreRefused() throws Exception {
    assertProblem(
        server.submit("/greet", json("{\"name\":\"a\",\"name\":\"b\"}")),
        ErrorType.MALFORMED_REQUEST);
  }

  @Test
  void anotherContentTypeIsNotSupported() throws Exception {
    assertProblem(
        server.submit("/greet", body("text/plain", "{}")), ErrorType.UNSUPPORTED_MEDIA_TYPE);
    assertProblem(server.submit("/form", json("{}")), ErrorType.UNSUPPORTED_MEDIA_TYPE);
  }

  @Test
  void jsonIsReadInUtf8Alone() throws Exception {
    assertProblem(
        server.submit("/greet", body("application/json; charset=utf-16", "{\"name\":\"Ada\"}")),
        ErrorType.UNSUPPORTED_MEDIA_TYPE);
    assertThat(
            server
                .submit("/greet", body("application/json; charset=UTF-8", "{\"name\":\"Ada\"}"))
                .statusCode())
        .isEqualTo(200);
    for (var charset : List.of(UTF_16, UTF_16LE, UTF_16BE, Charset.forName("UTF-32"))) {
      var utf16 =
          server
              .request("/greet")
              .header("content-type", "application/json")
              .POST(BodyPublishers.ofByteArray("{\"name\":\"Ada\"}".getBytes(charset)));
      assertProblem(server.send(utf16), ErrorType.MALFORMED_REQUEST);
    }
  }

  @Test
  void aMalformedFormIsAnsweredAsItsRouteSays() throws Exception {
    for (String form : List.of("a=1&a=2", "a=%zz", "%=1", "=&=&&")) {
      var answer = server.submit("/form", body("application/x-www-form-urlencoded", form));

      assertThat(answer.statusCode()).as(form).isEqualTo(400);
      assertThat(answer.body()).as(form).isEqualTo("{\"error\":\"malformed\"}");
    }
  }
}
