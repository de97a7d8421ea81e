package io.redoubt.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.redoubt.proxy.upstream.UpstreamBody.Standing;
import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an upstream says, and what is made of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UpstreamRepliesTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int BUFFER = 16 * 1024;
  private static final String CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

  private final ActorSystem<?> system =
      ActorSystem.create(
          Behaviors.empty(),
          "replies",
          ConfigFactory.parseString("pekko.loglevel = OFF").withFallback(ConfigFactory.load()));
  private final Upstreams upstreams =
      new Upstreams(
          system,
          UpstreamConfig.from(
              ConfigFactory.parseString("redoubt.proxy.upstream.reply-buffer-bytes = " + BUFFER)
                  .withFallback(ConfigFactory.load())));
  private RawUpstream upstream = new RawUpstream();

  @AfterEach
  void another() throws IOException {
    upstream.close();
    upstream = new RawUpstream();
  }

  @AfterAll
  void close() throws IOException {
    upstream.close();
    system.terminate();
  }

  private UpstreamCall ask() {
    return ask(UpstreamRequest.get("/", List.of()), LIMIT);
  }

  private UpstreamCall ask(UpstreamRequest request, Duration headTimeout) {
    return upstreams.send(Destination.at(upstream.base()), request, headTimeout, () -> true);
  }

  private static <T> T get(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static String text(UpstreamReply reply) {
    return get(reply.collect(64 * 1024 * 1024)).utf8String();
  }

  /** One exchange from beginning to end. */
  private String exchange() {
    var call = ask();
    String text = text(get(call.reply()));
    call.done();
    return text;
  }

  private void isUnreachable() {
    assertThat(ask().reply().toCompletableFuture())
        .failsWithin(LIMIT)
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            UpstreamException.class, why -> assertThat(why.reason()).isEqualTo(Reason.UNREACHABLE));
  }

  private void isBroken(UpstreamCall call) {
    var reply = get(call.reply());
    assertThat(reply.collect(1 << 20).toCompletableFuture()).failsWithin(LIMIT);
    call.withdraw();
  }

  @Test
  void aBodyIsTakenAsItsHeadSays() {
    upstream.says("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    assertThat(exchange()).isEqualTo("hello");

    upstream.says("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", "he", "llo");
    assertThat(exchange()).isEqualTo("hello");

    upstream.says(CHUNKED + "5;x=y\r\nhello\r\n0\r\nx-trailer: 1\r\n\r\n");
    assertThat(exchange()).isEqualTo("hello");

    upstream.says(CHUNKED, "5\r\nhe", "llo\r", "\n1\r\n!\r\n0\r", "\n\r\n");
    assertThat(exchange()).isEqualTo("hello!");

    upstream.says("HTTP/1.1 204 No Content\r\n\r\n");
    assertThat(exchange()).isEmpty();

    upstream.says("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n");
    assertThat(exchange()).isEmpty();

    assertThat(upstream.connections).hasValue(1);
  }

  @Test
  void whatComesBeforeTheReplyIsPassedOver() {
    upstream.says(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");

    assertThat(exchange()).isEqualTo("ok");
    assertThat(exchange()).isEqualTo("ok");
    assertThat(upstream.connections).hasValue(1);
  }

  @Test
  void aBodyMayEndWithItsConnection() {
    upstream.answers(line -> {
      line.say("HTTP/1.1 200 OK\r\n\r\n", "to the ", "end");
      line.end();
    });

    assertThat(exchange()).isEqualTo("to the end");
    assertThat(exchange()).isEqualTo("to the end");
    assertThat(upstream.connections).hasValue(2);
  }

  @Test
  void aConnectionThatIsToBeClosedIsNotUsedAgain() {
    for (String head : List.of("HTTP/1.1 200 OK\r\nconnection: Close\r\n", "HTTP/1.0 200 OK\r\n")) {
      upstream.says(head + "content-length: 2\r\n\r\nok");
      int before = upstream.connections.get();

      assertThat(exchange()).isEqualTo("ok");
      assertThat(exchange()).isEqualTo("ok");

      assertThat(upstream.connections).as(head).hasValue(before + 2);
    }
  }

  @Test
  void aBodyThatEndsTooSoonIsBroken() {
    upstream.answers(line -> {
      line.say(CHUNKED + "5\r\nhello\r\n");
      line.end();
    });
    isBroken(ask());

    upstream.answers(line -> {
      line.say("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nhello");
      line.end();
    });
    isBroken(ask());

    var seen = new CountDownLatch(1);
    upstream.answers(line -> {
      line.say("HTTP/1.1 200 OK\r\n\r\nhello");
      seen.await();
      line.reset();
    });
    var call = ask();
    var reply = get(call.reply());
    seen.countDown();
    assertThat(reply.collect(1 << 20).toCompletableFuture()).failsWithin(LIMIT);
    call.withdraw();
  }

  @Test
  void whatCameOfABrokenBodyIsStillRead() {
    upstream.answers(line -> {
      line.say(CHUNKED + "5\r\nhello\r\n3\r\nab");
      line.end();
    });
    var call = ask();
    var body = ((UpstreamReply.Streamed) get(call.reply()).body()).bytes();

    var read = new StringBuilder();
    await()
        .until(() -> {
          var fetched = body.fetch();
          read.append(fetched.bytes().utf8String());
          return fetched.standing() == Standing.BROKEN;
        });

    assertThat(read.toString()).isEqualTo("helloab");
    call.withdraw();
  }

  @Test
  void aShortReplyThatBreaksOffIsNone() {
    upstream.answers(line -> {
      line.say("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello");
      line.end();
    });

    isUnreachable();
  }

  @Test
  void aShortReplyIsNotWaitedForBeyondTheLimitOfItsHead() {
    upstream.answers(line -> {
      line.say("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello");
      line.awaitPeerGone();
    });
    var call = ask(UpstreamRequest.get("/", List.of()), Duration.ofMillis(300));

    var body = ((UpstreamReply.Streamed) get(call.reply()).body()).bytes();

    assertThat(body.fetch().bytes().utf8String()).isEqualTo("hello");
    call.withdraw();
  }

  @Test
  void whoeverSaysMoreThanWasAskedForIsNotAskedAgain() {
    upstream.says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n");

    assertThat(exchange()).isEqualTo("ok");
    assertThat(exchange()).isEqualTo("ok");

    assertThat(upstream.connections).hasValue(2);
  }

  @Test
  void whoeverSpeaksUnaskedIsNotAskedAgain() {
    var more = new CountDownLatch(1);
    upstream.answers(line -> {
      line.say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      more.await();
      line.say("HT");
    });
    assertThat(exchange()).isEqualTo("ok");

    more.countDown();

    await().until(() -> upstream.gone.get() == 1);
    assertThat(exchange()).isEqualTo("ok");
    assertThat(upstream.connections).hasValue(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense\r\n\r\n",
        "HTTP/2.0 whatever\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
        "HTTP/1.1 600 Beyond\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nok"
      })
  void whatIsNoReplyIsNone(String said) {
    upstream.says(said);

    isUnreachable();
    await().until(() -> upstream.gone.get() == 1);
  }

  @Test
  void aHeadBeyondTheLimitsIsNone() {
    upstream.says("HTTP/1.1 200 OK\r\n" + "x: 1\r\n".repeat(256) + "content-length: 0\r\n\r\n");
    isUnreachable();

    upstream.says("HTTP/1.1 200 OK\r\nx: " + "y".repeat(32 * 1024 + 1) + "\r\n\r\n");
    isUnreachable();

    String large = "x: " + "y".repeat(30_000) + "\r\n";
    upstream.says("HTTP/1.1 200 OK\r\n" + large.repeat(9) + "content-length: 0\r\n\r\n");
    isUnreachable();

    upstream.says("HTTP/1.1 200 OK\r\n" + large.repeat(8) + "content-length: 0\r\n\r\n");
    assertThat(exchange()).isEmpty();
  }

  @Test
  void linesGoOnAsTheyCameAndWhatCouldPassForSeveralDoesNot() {
    upstream.says(
        "HTTP/1.1 529 Over\u0007loaded\r\nX-B: 1\r\nx-a:  two  words \r\nX-B: 3\r\n",
        "x-split: a\rx-injected: b\r\nx-bell: \u0007\r\nx-latin: \u00fc\r\n",
        "content-length: 0\r\n\r\n");
    var call = ask();

    var reply = get(call.reply());

    assertThat(reply.status()).isEqualTo(529);
    assertThat(reply.reason()).isEmpty();
    assertThat(reply.headers())
        .extracting(HttpHeader::toString)
        .containsExactly("X-B: 1", "x-a: two  words", "X-B: 3", "x-latin: ü", "content-length: 0");
    call.done();
  }

  @Test
  void eventsAreForTheirReaderHoweverFewThereAre() {
    var read = new CountDownLatch(1);
    upstream.answers(line -> {
      line.say(
          "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n"
              + "content-length: 18\r\n\r\ndata: 1\n\n");
      read.await();
      line.say("data: 2\n\n");
    });
    var call = ask();
    var reply = get(call.reply());
    var body = ((UpstreamReply.Streamed) reply.body()).bytes();
    assertThat(body.fetch().bytes().utf8String()).isEqualTo("data: 1\n\n");

    read.countDown();

    assertThat(text(reply)).isEqualTo("data: 2\n\n");
    call.done();
  }

  @Test
  void aChunkOfSixteenMebibytesPasses() {
    String large = "z".repeat(16 * 1024 * 1024);
    upstream.says(CHUNKED + "1000000\r\n", large, "\r\n0\r\n\r\n");

    assertThat(exchange()).isEqualTo(large);
  }

  @Test
  void whoReadsSlowlyLeavesTheUpstreamWaiting() {
    String piece = "p".repeat(64 * 1024);
    var written = new AtomicLong();
    long whole = 64L * 1024 * 1024;
    upstream.answers(line -> {
      line.say("HTTP/1.1 200 OK\r\ncontent-length: " + whole + "\r\n\r\n");
      while (written.get() < whole) {
        line.say(piece);
        written.addAndGet(piece.length());
      }
    });
    var call = ask();
    var body = ((UpstreamReply.Streamed) get(call.reply()).body()).bytes();
    var before = new AtomicLong(-1);
    await()
        .pollInterval(Duration.ofMillis(200))
        .until(() -> before.getAndSet(written.get()) == written.get());
    assertThat(written).hasValueLessThan(whole);

    var first = body.fetch().bytes();

    // What the limit allows, and the one read that went beyond it.
    assertThat(first.size()).isBetween(BUFFER, BUFFER + 64 * 1024);
    assertThat(get(body.collect(1 << 30)).size()).isEqualTo(whole - first.size());
    call.done();
  }

  @Test
  void aLargeRequestPassesWholeHoweverSlowlyItIsRead() {
    var received = new AtomicReference<>("");
    upstream.answers(line -> {
      received.set(new String(line.body(), StandardCharsets.US_ASCII));
      line.say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
    String large = "0123456789".repeat(1_000_000);
    var request =
        UpstreamRequest.post("/", List.of(), "application/json", ByteString.fromString(large));

    var call = ask(request, LIMIT);
    assertThat(text(get(call.reply()))).isEqualTo("ok");
    call.done();

    assertThat(received.get()).isEqualTo(large);
    assertThat(exchange()).isEqualTo("ok");
    assertThat(upstream.connections).hasValue(1);
  }

  @Test
  void whoeverAnswersBeforeTheRequestIsThereIsNotAskedAgain() {
    var over = new CountDownLatch(1);
    upstream.answers(line -> {
      line.say("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno");
      over.await();
      line.awaitPeerGone();
    });
    var body = ByteString.fromString("x".repeat(30_000_000));

    var call = ask(UpstreamRequest.post("/", List.of(), "text/plain", body), LIMIT);
    assertThat(get(call.reply()).status()).isEqualTo(413);
    call.done();
    over.countDown();

    await().until(() -> upstream.gone.get() == 1);
    assertThat(exchange()).isEqualTo("no");
    assertThat(upstream.connections).hasValue(2);
  }

  @Test
  void aRequestGoesOutAsItIs() {
    upstream.says("HTTP/1.1 204 No Content\r\n\r\n");
    List<HttpHeader> headers =
        List.of(RawHeader.create("X-B", "1"), RawHeader.create("x-a", "gr\u00fc\u00dfe"));
    var request =
        UpstreamRequest.post("/a?b=%2F", headers, "application/json", ByteString.fromString("{}"));

    var call = ask(request, LIMIT);
    get(call.reply());
    call.done();

    assertThat(upstream.heads)
        .containsExactly(
            "POST /a?b=%2F HTTP/1.1\r\nhost: "
                + upstream.base().getAuthority()
                + "\r\nX-B: 1\r\nx-a: gr\u00fc\u00dfe\r\ncontent-type: application/json\r\n"
                + "content-length: 2\r\n\r\n");
  }

  @Test
  void aRequestWhoseHeadWouldEndALineDoesNotGoOut() {
    for (var request :
        List.of(
            UpstreamRequest.get("/ HTTP/1.1", List.of()),
            UpstreamRequest.get("/\r\nx: 1", List.of()),
            UpstreamRequest.get("/", List.of(RawHeader.create("x", "a\r\ny: 1"))),
            UpstreamRequest.get("/", List.of(RawHeader.create("x\n", "a"))))) {
      assertThatThrownBy(() -> ask(request, LIMIT)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(upstream.connections).hasValue(0);
  }

  @Test
  void aCallThatIsWithdrawnResetsItsConnection() {
    upstream.answers(RawUpstream.Line::awaitPeerGone);
    var waiting = ask();
    await().until(() -> upstream.heads.size() == 1);

    waiting.withdraw();

    assertThat(waiting.reply().toCompletableFuture()).isCompletedExceptionally();
    await().until(() -> upstream.gone.get() == 1);
    upstream.answers(line -> {
      line.say(CHUNKED + "2\r\nok\r\n");
      line.awaitPeerGone();
    });
    var streaming = ask();
    get(streaming.reply());

    streaming.withdraw();

    await().until(() -> upstream.gone.get() == 2);
  }
}
