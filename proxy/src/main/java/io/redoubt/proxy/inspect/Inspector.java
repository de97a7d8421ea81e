package io.redoubt.proxy.inspect;

import io.redoubt.content.Category;
import io.redoubt.content.CustomPatterns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/** What is looked for: everything built in, and what an organization adds. May be shared. */
public final class Inspector {
  /** Everything built in. */
  public static final Inspector STANDARD = new Inspector(CustomPatterns.NONE);

  private final CustomPatterns patterns;

  public Inspector(CustomPatterns patterns) {
    this.patterns = patterns;
  }

  /** Everything built in, and these. */
  public static Inspector of(CustomPatterns patterns) {
    return patterns == CustomPatterns.NONE ? STANDARD : new Inspector(patterns);
  }

  /** Begins to read a text that comes in pieces. */
  public Scan open() {
    return new Scan(patterns);
  }

  /** The same, where every finding matters, however many there are. */
  Scan open(Consumer<Finding> found) {
    return new Scan(patterns, found);
  }

  /** Reads a whole text, UTF-8. The findings are in the order of their places. */
  public List<Finding> inspect(byte[] text) {
    var scan = open();
    scan.feed(text, 0, text.length);
    scan.end();
    var findings = new ArrayList<>(scan.take());
    findings.sort(Comparator.comparingLong(Finding::offset).thenComparing(Finding::detector));
    return findings;
  }

  /** Names of the categories that are looked for, as coverage records list them. */
  public List<String> categories() {
    return Arrays.stream(Category.values())
        .filter(each -> each != Category.CUSTOM || !patterns.all().isEmpty())
        .map(Category::code)
        .toList();
  }
}
