package io.redoubt.http;

import static io.redoubt.http.EdgeServer.assertProblem;
import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.problem.ErrorType;
import java.net.http.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Where a request comes from, behind a proxy that is trusted. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SourceTest {
  @AutoClose private final EdgeServer server = new EdgeServer(SourceTest::routes);

  private static Route routes(EdgeConfig config) {
    return path(
        "source", () -> get(() -> Requests.source(config, a -> complete(a.getHostAddress()))));
  }

  private HttpResponse<String> ask(String... headers) throws Exception {
    return server.send(server.request("/source").headers(headers).GET());
  }

  @Test
  void onlyTheLastHopThatATrustedProxySawCounts() throws Exception {
    var forged = ask("x-forwarded-for", "10.9.9.9, 198.51.100.7");
    var standard = ask("forwarded", "for=10.9.9.9, for=\"[2001:db8::1]:80\"");
    var garbage = ask("x-forwarded-for", "10.9.9.9, nonsense");

    assertThat(forged.body()).isEqualTo("198.51.100.7");
    assertThat(standard.body()).isEqualTo("2001:db8:0:0:0:0:0:1");
    assertThat(garbage.body()).isEqualTo("127.0.0.1");
  }

  @Test
  void aHeaderThatTheProxyDoesNotKnowIsTheClientsWordAndNotBelieved() throws Exception {
    var spoofed = ask("forwarded", "for=10.9.9.9", "x-forwarded-for", "198.51.100.7");
    var agreed = ask("forwarded", "for=198.51.100.7", "x-forwarded-for", "10.9.9.9, 198.51.100.7");

    assertProblem(spoofed, ErrorType.MALFORMED_REQUEST);
    assertThat(agreed.body()).isEqualTo("198.51.100.7");
  }

  @Test
  void anAddressThatNotEverybodyReadsAlikeIsNone() throws Exception {
    assertThat(ask("x-forwarded-for", "10.1").body()).isEqualTo("127.0.0.1");
    assertThat(ask("x-forwarded-for", "012.0.0.1").body()).isEqualTo("127.0.0.1");
  }
}
