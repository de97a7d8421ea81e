package io.redoubt.http;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list.
 *
 * @param nextCursor to be handed back for what follows; null: nothing follows
 */
public record ListBody<T>(List<T> items, @Nullable String nextCursor) {
  public ListBody {
    items = List.copyOf(items);
  }
}
