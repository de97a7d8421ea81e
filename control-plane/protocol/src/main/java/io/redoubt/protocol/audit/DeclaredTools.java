package io.redoubt.protocol.audit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request to a model declares of tools, before any of them is called.
 *
 * @param names by which calls of them are decided, in alphabetical order; null: they are more or
 *     longer than is told, or cannot be read
 * @param provider kinds of those that the provider runs on its own side, or may run, such as {@code
 *     web_search}, in alphabetical order; null: as with the names
 */
public record DeclaredTools(@Nullable List<String> names, @Nullable List<String> provider) {
  /** Most names that are told. */
  public static final int MOST_NAMES = 256;

  /** Most kinds that are told. */
  public static final int MOST_KINDS = 32;

  /** Longest name or kind that is told, in characters. */
  public static final int LONGEST = 128;

  /** There are none. */
  public static final DeclaredTools NONE = new DeclaredTools(List.of(), List.of());

  public DeclaredTools {
    names = names == null ? null : List.copyOf(names);
    provider = provider == null ? null : List.copyOf(provider);
  }
}
