package io.redoubt.controlplane.channel;

import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.policy.Bundles;
import io.redoubt.controlplane.policy.Content;
import io.redoubt.controlplane.policy.Publication;
import io.redoubt.protocol.id.OrganizationId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** What is made of an organization's newest publication, made once for each. */
final class PerPublication<T> {
  private static final int REMEMBERED = 256;

  private final Bundles bundles;
  private final Function<Content, T> make;
  private final Map<OrganizationId, Made<T>> made =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<OrganizationId, Made<T>> eldest) {
          return size() > REMEMBERED;
        }
      };

  private record Made<T>(long version, T value) {}

  PerPublication(Bundles bundles, Function<Content, T> make) {
    this.bundles = bundles;
    this.make = make;
  }

  /** Of the publication at this moment; of nothing, where there is none. */
  T of(Transaction transaction) {
    long version = bundles.newest(transaction).map(Publication::version).orElse(0L);
    synchronized (made) {
      var known = made.get(transaction.organization());
      if (known != null && known.version() == version) {
        return known.value();
      }
    }
    T value = make.apply(bundles.content(transaction, version).orElse(Content.NOTHING));
    synchronized (made) {
      made.put(transaction.organization(), new Made<>(version, value));
    }
    return value;
  }
}
