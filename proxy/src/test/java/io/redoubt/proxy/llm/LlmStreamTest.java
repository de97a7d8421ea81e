package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.payload.PayloadStore.Part;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.ProviderSpec;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What happens to a reply under way. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmStreamTest {
  private static final String BODY = "{\"model\":\"claude-sonnet-4-5\",\"stream\":true}";

  private final LlmFixture plane =
      new LlmFixture(
          """
          redoubt.proxy.llm { payload-limit = 4 KiB, client-stall = 1 s }
          pekko.loglevel = OFF
          """);

  @BeforeEach
  void reset() {
    plane.reset();
  }

  @AfterEach
  void everyIntentHasItsOutcome() {
    await().until(() -> plane.audit.open().isEmpty());
    await().until(() -> plane.streams.open() == 0);
  }

  @AfterAll
  void close() throws IOException {
    plane.close();
  }

  private HttpResponse<InputStream> begin() throws IOException, InterruptedException {
    return plane.client.send(
        plane.anthropic(BODY).timeout(Duration.ofSeconds(20)).build(),
        HttpResponse.BodyHandlers.ofInputStream());
  }

  @Test
  void aChunkIsPassedOnBeforeTheNextIsThere() throws Exception {
    var go = new CountDownLatch(1);
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(Streams.ANTHROPIC.get(0));
      assertThat(go.await(10, TimeUnit.SECONDS)).isTrue();
      line.chunk(Streams.ANTHROPIC.get(1));
      line.end();
    });

    var reply = begin();
    byte[] first =
        reply.body().readNBytes(Streams.ANTHROPIC.get(0).getBytes(StandardCharsets.UTF_8).length);
    go.countDown();
    byte[] rest = reply.body().readAllBytes();

    assertThat(new String(first, StandardCharsets.UTF_8)).isEqualTo(Streams.ANTHROPIC.get(0));
    assertThat(new String(rest, StandardCharsets.UTF_8)).isEqualTo(Streams.ANTHROPIC.get(1));
    assertThat(plane.outcomeOf(reply).status()).isEqualTo(Outcome.Status.SUCCEEDED);
  }

  @Test
  void aCutBreaksTheStreamAtOnceOnBothSides() throws Exception {
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(Streams.ANTHROPIC.get(0));
      line.awaitPeerGone();
    });
    var reply = begin();
    assertThat(reply.body().read()).isEqualTo('e');

    int cut = plane.streams.cut(LlmFixture.AGENT_KEY);

    assertThat(cut).isEqualTo(1);
    // Not a clean end: an SDK must see that the reply is not whole.
    assertThatThrownBy(() -> reply.body().readAllBytes()).isInstanceOf(IOException.class);
    await().until(() -> plane.provider.closedByPeer.get() == 1);
    var outcome = plane.outcomeOf(reply);
    assertThat(outcome.status()).isEqualTo(Outcome.Status.CUT);
    assertThat(outcome.usage()).isNotNull();
  }

  /** As after a pause: the clock has gone on, and the next byte is there before anything else. */
  @Test
  void noByteGoesOutOnceTheLeaseIsOver() throws Exception {
    var over = new CountDownLatch(1);
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(Streams.ANTHROPIC.get(0));
      assertThat(over.await(10, TimeUnit.SECONDS)).isTrue();
      line.chunk(Streams.ANTHROPIC.get(1));
      line.awaitPeerGone();
    });
    var reply = begin();
    var first = reply.body().readNBytes(Streams.ANTHROPIC.get(0).length());
    assertThat(first).asString().isEqualTo(Streams.ANTHROPIC.get(0));

    plane.lease.set(false);
    over.countDown();

    assertThatThrownBy(() -> reply.body().read()).isInstanceOf(IOException.class);
    await().until(() -> plane.provider.closedByPeer.get() == 1);
    var outcome = plane.outcomeOf(reply);
    assertThat(outcome.status()).isEqualTo(Outcome.Status.CUT);
    assertThat(outcome.error()).isEqualTo("lease-lost");
  }

  @Test
  void aReplyThatBeginsWithoutALeaseDoesNotBegin() throws Exception {
    var over = new CountDownLatch(1);
    plane.provider.answers((_, line) -> {
      assertThat(over.await(10, TimeUnit.SECONDS)).isTrue();
      line.json(200, "{}");
      line.awaitPeerGone();
    });
    var pending =
        plane.client.sendAsync(plane.anthropic(BODY).build(), HttpResponse.BodyHandlers.ofString());
    await().until(() -> plane.provider.seen().size() == 1);

    plane.lease.set(false);
    over.countDown();

    var answer = LlmFixture.await(pending);
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("deny");
    assertThat(plane.outcomeOf(answer).error()).isEqualTo("lease-lost");
  }

  @Test
  void aFamilyIsCutLikewise() throws Exception {
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(Streams.ANTHROPIC.get(0));
      line.awaitPeerGone();
    });
    var reply = begin();

    assertThat(plane.streams.cutFamily(LlmFixture.ORGANIZATION, LlmFixture.FAMILY)).isEqualTo(1);

    assertThatThrownBy(() -> reply.body().readAllBytes()).isInstanceOf(IOException.class);
    assertThat(plane.outcomeOf(reply).status()).isEqualTo(Outcome.Status.CUT);
  }

  @Test
  void aCutReachesACallWhoseReplyHasNotBegun() throws Exception {
    plane.provider.answers((_, line) -> line.awaitPeerGone());
    var pending =
        plane.client.sendAsync(plane.anthropic(BODY).build(), HttpResponse.BodyHandlers.ofString());
    await().until(() -> plane.provider.seen().size() == 1);

    plane.streams.cut(LlmFixture.AGENT_KEY);

    var answer = LlmFixture.await(pending);
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("deny");
    await().until(() -> plane.provider.closedByPeer.get() == 1);
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.CUT);
  }

  @Test
  void aClientThatGoesTakesItsUpstreamWithIt() throws Exception {
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(Streams.ANTHROPIC.get(0));
      line.awaitPeerGone();
    });
    var reply = begin();
    assertThat(reply.body().read()).isEqualTo('e');

    reply.body().close();

    await().until(() -> plane.provider.closedByPeer.get() == 1);
    assertThat(plane.outcomeOf(reply).status()).isEqualTo(Outcome.Status.CANCELLED);
  }

  @Test
  void aClientThatGoesBeforeTheReplyTakesItsUpstreamWithIt() throws Exception {
    plane.provider.answers((_, line) -> line.awaitPeerGone());
    try (var socket = plane.connect()) {
      socket.getOutputStream().write(plane.onTheWire(BODY));
      await().until(() -> plane.provider.seen().size() == 1);
    }

    await().until(() -> plane.provider.closedByPeer.get() == 1);
    var action = new ActionId(plane.audit.records().getLast().id().uuid());
    assertThat(plane.outcomeOf(action).status()).isEqualTo(Outcome.Status.CANCELLED);
  }

  @Test
  void aConnectionThatTheClientWantsClosedIsNotTakenForGone() throws Exception {
    var head = new CountDownLatch(1);
    var rest = new CountDownLatch(1);
    plane.provider.answers((_, line) -> {
      assertThat(head.await(10, TimeUnit.SECONDS)).isTrue();
      line.beginEvents();
      line.chunk(Streams.ANTHROPIC.getFirst());
      assertThat(rest.await(10, TimeUnit.SECONDS)).isTrue();
      line.chunk("data: the end\n\n");
      line.end();
    });
    try (var socket = plane.connect()) {
      socket.getOutputStream().write(plane.onTheWire(BODY, "connection: close"));

      staysConnected();
      head.countDown();
      staysConnected();
      rest.countDown();

      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 200 ").endsWith("the end\n\n\r\n0\r\n\r\n");
    }
  }

  /** For as long as a false alarm would need to do its harm. */
  private void staysConnected() {
    await().until(() -> plane.provider.seen().size() == 1);
    await().during(Duration.ofMillis(100)).until(() -> plane.provider.closedByPeer.get() == 0);
  }

  @Test
  void anUpstreamThatBreaksOffBreaksTheReply() throws Exception {
    var go = new CountDownLatch(1);
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(Streams.ANTHROPIC.get(0));
      assertThat(go.await(10, TimeUnit.SECONDS)).isTrue();
      line.breakOff();
    });

    var reply = begin();
    go.countDown();

    assertThatThrownBy(() -> reply.body().readAllBytes()).isInstanceOf(IOException.class);
    assertThat(plane.outcomeOf(reply).status()).isEqualTo(Outcome.Status.FAILED);
    assertThat(plane.outcomeOf(reply).error()).isEqualTo("upstream-broke-off");
  }

  @Test
  void anUpstreamThatFallsSilentIsLeft() throws Exception {
    plane.provide("anthropic", ProviderSpec.Kind.ANTHROPIC, plane.provider.base(""), List.of(), 1);
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(Streams.ANTHROPIC.get(0));
      line.awaitPeerGone();
    });

    var reply = begin();

    assertThatThrownBy(() -> reply.body().readAllBytes()).isInstanceOf(IOException.class);
    assertThat(plane.outcomeOf(reply).error()).isEqualTo("upstream-silent");
  }

  @Test
  void aClientThatReadsNothingIsLeft() throws Exception {
    String much = "data: " + "x".repeat(60_000) + "\n\n";
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      while (true) {
        line.chunk(much);
      }
    });
    try (var socket = new Socket()) {
      socket.setReceiveBufferSize(4096);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), plane.port()));
      socket.getOutputStream().write(plane.onTheWire(BODY));
      await().until(() -> !plane.audit.records().isEmpty() && plane.streams.open() == 1);
      var action = new ActionId(plane.audit.records().getLast().id().uuid());

      assertThat(plane.outcomeOf(action).error()).isEqualTo("client-stalled");
    }
  }

  @Test
  void requestAndReplyAreKeptInFullWhereWanted() throws Exception {
    plane.payloads(OrganizationSpec.Payloads.FULL);
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      for (String chunk : Streams.ANTHROPIC) {
        line.chunk(chunk);
      }
      line.end();
    });

    var reply = begin();
    reply.body().readAllBytes();

    assertThat(plane.outcomeOf(reply).error()).isNull();
    var action = LlmFixture.actionOf(reply);
    var request = plane.payloads.find(action, Part.REQUEST).orElseThrow();
    assertThat(request.body().utf8String()).isEqualTo(BODY);
    assertThat(request.deleteAfter()).isEqualTo(request.at().plus(Duration.ofDays(30)));
    var kept = plane.payloads.find(action, Part.REPLY).orElseThrow();
    assertThat(kept.body().utf8String()).isEqualTo(String.join("", Streams.ANTHROPIC));
    assertThat(kept.mediaType()).isEqualTo("text/event-stream");
    assertThat(kept.truncated()).isFalse();
  }

  @Test
  void aLongReplyIsKeptUpToTheLimitAndSaysSo() throws Exception {
    plane.payloads(OrganizationSpec.Payloads.FULL);
    String chunk = "data: " + "y".repeat(3000) + "\n\n";
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(chunk);
      line.chunk(chunk);
      line.chunk(chunk);
      line.end();
    });

    var reply = begin();

    assertThat(reply.body().readAllBytes()).hasSize(3 * chunk.length());
    plane.outcomeOf(reply);
    var kept = plane.payloads.find(LlmFixture.actionOf(reply), Part.REPLY).orElseThrow();
    assertThat(kept.body().size()).isEqualTo(4096);
    assertThat(kept.truncated()).isTrue();
  }

  @Test
  void aPayloadStoreThatFailsBreaksNothingAndIsSaid() throws Exception {
    plane.payloads(OrganizationSpec.Payloads.FULL);
    plane.payloads.outage.begin();
    plane.provider.answers((_, line) -> line.json(200, "{\"ok\":1}"));

    var reply = begin();

    assertThat(new String(reply.body().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("{\"ok\":1}");
    assertThat(plane.outcomeOf(reply).status()).isEqualTo(Outcome.Status.SUCCEEDED);
    assertThat(plane.outcomeOf(reply).error()).isEqualTo("payload-not-kept");
  }

  @Test
  void withMetadataOnlyNothingIsKept() throws Exception {
    plane.provider.answers((_, line) -> line.json(200, "{}"));

    var reply = begin();

    plane.outcomeOf(reply);
    assertThat(plane.payloads.find(LlmFixture.actionOf(reply), Part.REQUEST)).isEmpty();
    assertThat(plane.payloads.find(LlmFixture.actionOf(reply), Part.REPLY)).isEmpty();
  }

  @Test
  void anOutcomeIsWrittenOnceTheDatabaseIsBack() throws Exception {
    var go = new CountDownLatch(1);
    plane.provider.answers((_, line) -> {
      assertThat(go.await(10, TimeUnit.SECONDS)).isTrue();
      line.json(200, "{}");
    });
    var pending =
        plane.client.sendAsync(plane.anthropic(BODY).build(), HttpResponse.BodyHandlers.ofString());
    await().until(() -> plane.provider.seen().size() == 1);

    plane.audit.outage.failNext(1);
    go.countDown();
    var answer = LlmFixture.await(pending);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.SUCCEEDED);
  }
}
