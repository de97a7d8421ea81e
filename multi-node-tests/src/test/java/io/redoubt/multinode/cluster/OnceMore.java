package io.redoubt.multinode.cluster;

import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Clients at work that do no more than the handbook asks of them: where a node is not there, or
 * answers 503 and when to come back, they come back then, once, and remember what fails even so.
 */
final class OnceMore implements AutoCloseable {
  private final List<Thread> threads = new ArrayList<>();
  private final Map<String, Long> servedAt = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicLong served = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong notThere = new AtomicLong();
  private volatile boolean stopped;

  /** One try of one wish. */
  sealed interface Told {
    record Served() implements Told {}

    /**
     * To be repeated.
     *
     * @param after how long; empty: nobody was there, and the next node can be asked at once
     */
    record ComeBack(Optional<Duration> after, String words) implements Told {}

    record Failed(String words) implements Told {}
  }

  /** What an attempt that was not served comes to. */
  static Told unserved(Attempt attempt) {
    return switch (attempt) {
      case Attempt.NotSent(var why) -> new Told.ComeBack(Optional.empty(), why);
      case Attempt.Answered(var reply) -> unserved(reply);
      case Attempt.Lost(var why) -> new Told.Failed(why);
    };
  }

  static Told unserved(Reply reply) {
    Optional<Duration> after =
        reply.header("retry-after").map(Long::parseLong).map(Duration::ofSeconds);
    return reply.status() == 503 && after.isPresent()
        ? new Told.ComeBack(after, reply.toString())
        : new Told.Failed(reply.toString());
  }

  /** One more client, which wishes the same again and again until this is closed. */
  void add(String client, Duration pause, Supplier<Told> attempt) {
    servedAt.put(client, 0L);
    threads.add(Thread.ofVirtual().start(() -> work(client, pause, attempt)));
  }

  private void work(String client, Duration pause, Supplier<Told> attempt) {
    while (!stopped) {
      long started = System.nanoTime();
      Told told = attempt.get();
      if (told instanceof Told.ComeBack(var after, var first)) {
        (after.isPresent() ? refused : notThere).incrementAndGet();
        after.ifPresent(wait -> LockSupport.parkNanos(wait.toNanos()));
        told = attempt.get();
        if (!(told instanceof Told.Served)) {
          failures.add("%s: %s; and once more: %s".formatted(client, first, told));
        }
      } else if (told instanceof Told.Failed(var words)) {
        failures.add("%s: %s".formatted(client, words));
      }
      if (told instanceof Told.Served) {
        served.incrementAndGet();
        servedAt.put(client, started);
      }
      LockSupport.parkNanos(pause.toNanos());
    }
  }

  /** Who has been served nothing that was wished for after that. */
  List<String> unservedSince(long moment) {
    return servedAt.entrySet().stream()
        .filter(client -> client.getValue() <= moment)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Sentences about what failed although it was tried once more, or must not be repeated. */
  List<String> failures() {
    return List.copyOf(failures);
  }

  @Override
  public String toString() {
    return "%d wishes served; %d times nobody was there, %d times told to come back; %d failed"
        .formatted(served.get(), notThere.get(), refused.get(), failures.size());
  }

  @Override
  public void close() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
