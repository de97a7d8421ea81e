package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Caller;
import io.redoubt.bench.load.Loop;
import io.redoubt.bench.load.Request;
import io.redoubt.protocol.token.AgentToken;
import java.util.concurrent.TimeUnit;

/**
 * An agent that makes its next token itself (G2), so that it may repeat what it asked for; which it
 * does when it is told to come again, and not before.
 */
final class CommittingAgent implements Caller.Answered {
  private static final int ATTEMPTS = 20;

  /** What all of them together met with. */
  static final class Storm {
    final Tally tally = new Tally();
    long putOff;
    int left;
  }

  private final Loop loop;
  private final Caller caller;
  private final Storm storm;
  private AgentToken token;
  private AgentToken successor;
  private Runnable whenDone = () -> {};
  private byte[] request = {};
  private long startedAt;
  private int attempts;

  CommittingAgent(Loop loop, Caller caller, String bootstrapToken, Storm storm) {
    this.loop = loop;
    this.caller = caller;
    this.token = AgentToken.parse(AgentToken.Kind.BOOTSTRAP, bootstrapToken).orElseThrow();
    this.successor = token;
    this.storm = storm;
  }

  Storm storm() {
    return storm;
  }

  void bootstrap(Runnable whenDone) {
    begin("/v1/agent/bootstrap", "bootstrap_token", whenDone);
  }

  void rotate(Runnable whenDone) {
    begin("/v1/agent/refresh", "refresh_token", whenDone);
  }

  private void begin(String path, String member, Runnable whenDone) {
    this.whenDone = whenDone;
    successor = AgentToken.mint(AgentToken.Kind.REFRESH, token.handle());
    String body =
        "{\"%s\":\"%s\",\"next_refresh_token_digest\":\"%s\"}"
            .formatted(member, token.reveal(), successor.digest());
    request = Request.post(caller.address(), path, null, body);
    startedAt = System.nanoTime();
    attempts = 0;
    attempt();
  }

  private void attempt() {
    attempts++;
    caller.call(request, this);
  }

  void close() {
    caller.close();
  }

  @Override
  public void answer(Caller.Answer answer) {
    var retryAfter = answer.head().field("retry-after");
    if (answer.status() == 503 && retryAfter.isPresent() && attempts < ATTEMPTS) {
      storm.putOff++;
      long pause = TimeUnit.SECONDS.toNanos(Long.parseLong(retryAfter.get()));
      loop.at(System.nanoTime() + pause, this::attempt);
      return;
    }
    if (answer.status() == 200
        && answer.member("access_token") != null
        && answer.member("refresh_token") == null) {
      token = successor;
      storm.tally.done(System.nanoTime() - startedAt);
    } else {
      storm.tally.fault(answer.head().text() + answer.body());
    }
    done();
  }

  @Override
  public void failed(String why) {
    storm.tally.fault(why);
    done();
  }

  private void done() {
    storm.left--;
    whenDone.run();
  }
}
