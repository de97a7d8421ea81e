package io.redoubt.multinode.product;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** What need not be done one after the other. */
public final class AtOnce {
  private AtOnce() {}

  /** All of it, each on a thread of its own; what came of it, in its order. */
  public static <T> List<T> all(List<Callable<T>> work) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var results = new ArrayList<T>();
      for (Future<T> each : threads.invokeAll(work)) {
        results.add(each.get());
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AssertionError wrong) {
        throw wrong;
      }
      throw new IllegalStateException("some of it failed", e.getCause());
    }
  }

  /** The same with each of them. */
  public static <T> void each(List<T> things, Consumer<T> what) {
    times(
        things.size(),
        i -> {
          what.accept(things.get(i));
          return true;
        });
  }

  /** The same thing so many times. */
  public static <T> List<T> times(int count, IntFunction<T> each) {
    return all(IntStream.range(0, count).<Callable<T>>mapToObj(i -> () -> each.apply(i)).toList());
  }
}
