package io.redoubt.http;

import static io.redoubt.http.EdgeServer.assertProblem;
import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.problem.ErrorType;
import java.net.http.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Which credential a request carries. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CredentialTest {
  @AutoClose private final EdgeServer server = new EdgeServer(_ -> route());

  private static Route route() {
    return extractRequest(request -> complete(Requests.bearer(request).orElse("none")));
  }

  private HttpResponse<String> ask(String... authorizations) throws Exception {
    var request = server.request("/").GET();
    for (String authorization : authorizations) {
      request.header("authorization", authorization);
    }
    return server.send(request);
  }

  @Test
  void oneBearerTokenIsRead() throws Exception {
    assertThat(ask().body()).isEqualTo("none");
    assertThat(ask("bearer  a.b.c ").body()).isEqualTo("a.b.c");
    assertThat(ask("Basic dTpw").body()).isEqualTo("none");
  }

  @Test
  void whoeverSendsTwoIsNotAskedWhichIsMeant() throws Exception {
    assertProblem(ask("Bearer a", "Bearer b"), ErrorType.MALFORMED_REQUEST);
    assertProblem(ask("Bearer a", "Bearer a"), ErrorType.MALFORMED_REQUEST);
    assertProblem(ask("Basic dTpw", "Bearer b"), ErrorType.MALFORMED_REQUEST);
  }
}
