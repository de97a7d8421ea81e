package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Signed posts of what becomes of requests for approval. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebhookTest {
  private static final String WEBHOOK = "/api/v1/channels/webhook";
  private static final String SECRET = "a secret between the two of us".replace(' ', '-');

  private record Post(String signature, String delivery, String body) {}

  @AutoClose private final TestServer server = new TestServer(SlackTest.SETTINGS);
  private final List<Post> posts = new CopyOnWriteArrayList<>();
  private final AtomicInteger failing = new AtomicInteger();
  private HttpServer receiver;
  private Asking asking;

  @BeforeAll
  void start() throws IOException {
    asking = Asking.of(server);
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    receiver.createContext(
        "/hook",
        exchange -> {
          try (exchange) {
            String body =
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            if (failing.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
              exchange.sendResponseHeaders(500, -1);
              return;
            }
            var headers = exchange.getRequestHeaders();
            posts.add(
                new Post(
                    headers.getFirst("X-Redoubt-Signature"),
                    headers.getFirst("X-Redoubt-Delivery"),
                    body));
            exchange.sendResponseHeaders(204, -1);
          }
        });
    receiver.start();
    assertThat(put("http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook").status())
        .isEqualTo(201);
  }

  @AfterAll
  void stop() {
    receiver.stop(0);
  }

  private Reply put(String url) {
    return asking
        .tenant()
        .owner()
        .put(WEBHOOK, "{\"url\": \"%s\", \"secret\": \"%s\"}".formatted(url, SECRET));
  }

  private Post posted(String delivery) {
    return await()
        .until(
            () -> posts.stream().filter(it -> it.delivery().equals(delivery)).toList(),
            found -> !found.isEmpty())
        .getFirst();
  }

  @Test
  void eachStepIsPostedSignedAndWithoutArguments() throws Exception {
    var view = asking.asks("{\"to\": \"mallory\"}");

    var post = posted(view.id() + "/1");
    asking.report(Asking.later(view, ApprovalStatus.DENIED, 1, List.of()));
    var denied = posted(view.id() + "/2");

    var parts = post.signature().split("[=,]", -1);
    assertThat(parts[0]).isEqualTo("t");
    assertThat(parts[2]).isEqualTo("v1");
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    byte[] sum = mac.doFinal((parts[1] + "." + post.body()).getBytes(StandardCharsets.UTF_8));
    assertThat(parts[3]).isEqualTo(HexFormat.of().formatHex(sum));
    assertThat(post.body()).doesNotContain("mallory");
    var notified =
        asking.tenant().audit("&operation=approval:notified").stream()
            .filter(record -> record.path("approval_id").asText().equals(view.id().toString()))
            .toList();
    assertThat(notified).as("where it was first told").hasSize(1);
    assertThat(notified.getFirst().path("resource").asText()).isEqualTo("webhook/127.0.0.1");
    assertThat(Json.LENIENT.readTree(denied.body()).at("/approval/status").asText())
        .isEqualTo("denied");
  }

  @Test
  void norIsItToldWhatAModelIsAsked() {
    var view = asking.asksModel("pay mallory");

    assertThat(posted(view.id() + "/1").body()).doesNotContain("mallory", "Be brief");
  }

  @Test
  void aReceiverThatFailsIsTriedAgain() {
    failing.set(2);

    var view = asking.asks("{}");

    assertThat(posted(view.id() + "/1").body()).contains(view.id().toString());
  }

  /** Told at once: it would wait for ever, since nothing is ever sent there. */
  @ParameterizedTest
  @CsvSource({
    "webhook, url, https://10.0.0.1/hook",
    "webhook, url, http://127.0.0.2/hook",
    "slack, base_url, https://[::1]/api/",
    "teams, service_url, https://192.168.0.1/",
    "email, host, 10.0.0.1"
  })
  void anAddressThatIsNotPublicIsRefused(String channel, String field, String where) {
    var refused =
        asking
            .tenant()
            .owner()
            .put("/api/v1/channels/" + channel, "{\"%s\": \"%s\"}".formatted(field, where));

    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.at("/errors").toString())
        .contains("\"/" + field + "\"", "is a private address");
  }

  @Test
  void aHostThatIsNotPublicIsNotCalled() {
    var other = Asking.of(server);
    assertThat(
            other
                .tenant()
                .owner()
                .put(
                    WEBHOOK,
                    "{\"url\": \"https://localhost:1/hook\", \"secret\": \"%s\"}".formatted(SECRET))
                .status())
        .isEqualTo(201);

    other.asks("{}");

    await()
        .until(() ->
            other
                .tenant()
                .owner()
                .get(WEBHOOK)
                .text("/problem")
                .equals("the host has a private address"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ftp://example.com/",
        "http://example.com/hook",
        "https://user:secret@example.com/",
        "https://169.254.169.254/latest"
      })
  void badAddressesAreRefused(String url) {
    assertThat(put(url).status()).isEqualTo(422);
  }
}
