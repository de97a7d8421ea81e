package io.redoubt.enclave.remoting;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.net.ssl.SSLHandshakeException;

/**
 * The connections to the cluster port on which nobody has proved anything yet. Artery would hold
 * them for ever: here each has a deadline, and of too many the oldest is cut, so that strangers do
 * not keep the newest out, who may be a node (G11).
 */
final class Handshakes {
  private final Duration limit;
  private final int most;
  private final Refusals refusals;
  private final SequencedMap<Long, CompletableFuture<Void>> underWay = new LinkedHashMap<>();
  private long begun;

  Handshakes(Duration limit, int most, Refusals refusals) {
    this.limit = limit;
    this.most = most;
    this.refusals = refusals;
  }

  /**
   * Counts a new connection.
   *
   * @param cut closes it, and is told why
   * @return to be completed when its handshake is over, well or not
   */
  CompletableFuture<Void> begin(Consumer<SSLHandshakeException> cut) {
    var handshake = new CompletableFuture<Void>();
    long number = number();
    var _ =
        handshake.whenComplete((_, failure) -> {
          forget(number);
          if (failure != null) {
            String why =
                failure instanceof TimeoutException
                    ? "no handshake within " + limit.toMillis() + " ms"
                    : String.valueOf(failure.getMessage());
            refusals.say(why);
            cut.accept(new SSLHandshakeException(why));
          }
        });
    var tooMany =
        new SSLHandshakeException("more than " + most + " connections without a handshake");
    add(number, handshake).ifPresent(oldest -> oldest.completeExceptionally(tooMany));
    return handshake.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  private synchronized long number() {
    return begun++;
  }

  private synchronized Optional<CompletableFuture<Void>> add(
      long number, CompletableFuture<Void> handshake) {
    underWay.put(number, handshake);
    return underWay.size() > most
        ? Optional.of(underWay.sequencedValues().removeFirst())
        : Optional.empty();
  }

  private synchronized void forget(long number) {
    underWay.remove(number);
  }

  synchronized int underWay() {
    return underWay.size();
  }
}
