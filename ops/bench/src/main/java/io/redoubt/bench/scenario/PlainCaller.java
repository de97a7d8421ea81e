package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Caller;
import java.util.function.Predicate;

/** Sends one and the same request: once, or again as soon as it is answered. */
final class PlainCaller implements Caller.Answered {
  private final Caller caller;
  private final byte[] request;
  private final Predicate<Caller.Answer> right;
  private final Tally tally;
  private boolean going;

  PlainCaller(Caller caller, byte[] request, Predicate<Caller.Answer> right, Tally tally) {
    this.caller = caller;
    this.request = request;
    this.right = right;
    this.tally = tally;
  }

  /** An answer of the product: permitted, and the upstream's bytes unchanged. */
  static Predicate<Caller.Answer> permitted(String expectedBody) {
    return answer ->
        answer.status() == 200
            && answer.body().equals(expectedBody)
            && answer.head().field("x-redoubt-decision").filter("permit"::equals).isPresent();
  }

  /** An answer of the upstream itself, or through something that adds nothing. */
  static Predicate<Caller.Answer> untouched(String expectedBody) {
    return answer -> answer.status() == 200 && answer.body().equals(expectedBody);
  }

  void once() {
    caller.call(request, this);
  }

  void keepGoing() {
    going = true;
    once();
  }

  void stop() {
    going = false;
  }

  boolean isBusy() {
    return !caller.isIdle();
  }

  @Override
  public void answer(Caller.Answer answer) {
    if (right.test(answer)) {
      tally.done(answer.nanos());
    } else {
      tally.fault("POST /v1/messages → " + answer.head().text() + answer.body());
    }
    if (going) {
      once();
    }
  }

  @Override
  public void failed(String why) {
    tally.fault("POST /v1/messages: " + why);
    going = false;
  }
}
