package io.redoubt.controlplane.operator;

import io.redoubt.http.ListBody;
import io.redoubt.http.Requests;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.pekko.http.javadsl.server.Route;

/** One page of a list that is ordered by its items' identifiers, the newest first. */
public final class PageOf {
  private PageOf() {}

  /** Reads at most {@code limit} items that come after the one named. */
  public interface Reader<T, I> {
    List<T> read(Transaction transaction, Optional<I> after, int limit);
  }

  public static <T, I> Route route(
      Call call, Function<String, I> parseId, Function<T, I> idOf, Reader<T, I> reader) {
    return Requests.page(page -> {
      var after = page.cursor().map(cursor -> cursorOf(parseId, cursor));
      return call.read(transaction -> {
        // One more than asked for tells whether something follows.
        List<T> items = reader.read(transaction, after, page.limit() + 1);
        return Answer.ok(body(items, page.limit(), item -> String.valueOf(idOf.apply(item))));
      });
    });
  }

  /** The page of {@code items}, of which there is one too many if something follows. */
  public static <T> ListBody<T> body(List<T> items, int limit, Function<T, String> cursorOf) {
    return items.size() <= limit
        ? new ListBody<>(items, null)
        : new ListBody<>(items.subList(0, limit), cursorOf.apply(items.get(limit - 1)));
  }

  /** One page of a list of names that is short and stays as it is. */
  public static <T> Route ofAll(Call call, List<T> all, Function<T, String> nameOf) {
    call.parameters("limit", "cursor");
    return Requests.page(page -> {
      int from = page.cursor().map(cursor -> 1 + indexOf(all, nameOf, cursor)).orElse(0);
      var items = all.subList(from, Math.min(all.size(), from + page.limit() + 1));
      return Answer.ok(body(items, page.limit(), nameOf)).route();
    });
  }

  private static <T> int indexOf(List<T> all, Function<T, String> nameOf, String cursor) {
    return IntStream.range(0, all.size())
        .filter(i -> nameOf.apply(all.get(i)).equals(cursor))
        .findFirst()
        .orElseThrow(PageOf::notOurs);
  }

  /** The name that the page comes after; empty: it is the first. */
  public static String after(Requests.Page page, Predicate<String> isName) {
    return page.cursor()
        .map(cursor -> Optional.of(cursor).filter(isName).orElseThrow(PageOf::notOurs))
        .orElse("");
  }

  private static <I> I cursorOf(Function<String, I> parseId, String cursor) {
    try {
      return parseId.apply(cursor);
    } catch (IllegalArgumentException _) {
      throw notOurs();
    }
  }

  private static ProblemException notOurs() {
    return ProblemException.of(ErrorType.MALFORMED_REQUEST, "The cursor is not one of ours.");
  }
}
