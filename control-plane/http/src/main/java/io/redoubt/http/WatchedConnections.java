package io.redoubt.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All connections of a server that are to hear when it stops, those that come too late as well. */
final class WatchedConnections {
  private final Set<Consumer<Duration>> open = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Duration limit;

  void add(Consumer<Duration> connection) {
    open.add(connection);
    tell(connection, limit);
  }

  void remove(Consumer<Duration> connection) {
    open.remove(connection);
  }

  /** Each is to end within the limit. */
  void stop(Duration within) {
    limit = within;
    open.forEach(connection -> tell(connection, within));
  }

  private static void tell(Consumer<Duration> connection, @Nullable Duration within) {
    if (within != null) {
      connection.accept(within);
    }
  }
}
