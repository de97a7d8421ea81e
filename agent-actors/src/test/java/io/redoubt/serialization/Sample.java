package io.redoubt.serialization;

/**
 * Something that is stored.
 *
 * @param file of its golden form, below {@code golden/}
 */
public record Sample(String file, Object value) {
  @Override
  public String toString() {
    return file;
  }
}
