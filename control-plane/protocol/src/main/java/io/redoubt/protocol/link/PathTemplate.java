package io.redoubt.protocol.link;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The path of a connector's operation: what RFC 3986 §3.3 lets a path hold, and {@code {name}}
 * where a parameter goes. Neither as it is written nor with values in it does it climb ({@code ..})
 * or hold an empty segment, since servers differ in what they take those for. But it ends in a
 * slash where it is written so, as some servers insist; no value makes it.
 */
public final class PathTemplate {
  public static final int MAX_LENGTH = 500;

  private static final String IN_SEGMENTS = "[A-Za-z0-9._~!$&'()*+,;=:@-]++|%[0-9A-Fa-f]{2}";
  private static final Pattern PIECE =
      Pattern.compile(
          "\\{(?<parameter>[A-Za-z_][A-Za-z0-9_]{0,63})\\}|(?:" + IN_SEGMENTS + "|/)++");
  private static final Pattern VALUE = Pattern.compile("(?:" + IN_SEGMENTS + ")*+");

  /** A dot segment, also to servers that take an encoded slash for one or cut at a semicolon. */
  private static final Pattern DOTS = Pattern.compile("(?:^|[/\\\\])\\.{1,2}(?:$|[/\\\\;])");

  private static final Pattern ENCODED = Pattern.compile("%([0-9A-Fa-f]{2})");

  private sealed interface Piece {}

  private record Literal(String text) implements Piece {}

  private record Parameter(String name) implements Piece {}

  private final List<Piece> pieces;

  private PathTemplate(List<Piece> pieces) {
    this.pieces = List.copyOf(pieces);
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException if it is none; the message completes "the path …"
   */
  public static PathTemplate parse(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("begins with /");
    }
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("has at most " + MAX_LENGTH + " characters");
    }
    var template = new PathTemplate(pieces(text));
    var parameters = template.parameters();
    if (parameters.stream().distinct().count() < parameters.size()) {
      throw new IllegalArgumentException("names each parameter once");
    }
    template.requireSegments(template.with(_ -> "x"));
    return template;
  }

  private static List<Piece> pieces(String text) {
    var pieces = new ArrayList<Piece>();
    var matcher = PIECE.matcher(text);
    int at = 0;
    while (at < text.length()) {
      if (!matcher.region(at, text.length()).lookingAt()) {
        throw new IllegalArgumentException(
            text.charAt(at) == '{'
                ? "names a parameter as {name}, of at most 64 letters, digits and underscores, the"
                    + " first no digit"
                : "holds letters, digits, -._~!$&'()*+,;=:@/ and what is percent-encoded");
      }
      String parameter = matcher.group("parameter");
      pieces.add(parameter == null ? new Literal(matcher.group()) : new Parameter(parameter));
      at = matcher.end();
    }
    return pieces;
  }

  /** The names of its parameters, in the order of the path. */
  public List<String> parameters() {
    return pieces.stream()
        .flatMap(
            piece -> piece instanceof Parameter(String name) ? Stream.of(name) : Stream.empty())
        .toList();
  }

  /**
   * The path with values in it.
   *
   * @param encodedValueOf the value of a parameter, percent-encoded as part of a segment (RFC 3986
   *     §2.1); a slash in it is encoded too
   * @throws IllegalArgumentException if a value is not encoded, or if with the values a segment is
   *     empty or consists of dots; the message says which, without a value
   */
  public String expand(Function<String, String> encodedValueOf) {
    String path =
        with(name -> {
          String value = encodedValueOf.apply(name);
          if (!VALUE.matcher(value).matches()) {
            throw new IllegalArgumentException(
                "has in parameter " + name + " what is not percent-encoded");
          }
          return value;
        });
    requireSegments(path);
    return path;
  }

  private String with(Function<String, String> values) {
    return pieces.stream()
        .map(piece ->
            switch (piece) {
              case Literal(String text) -> text;
              case Parameter(String name) -> values.apply(name);
            })
        .collect(Collectors.joining());
  }

  private void requireSegments(String path) {
    var segments = List.of(path.substring(1).split("/", -1));
    var filled = endsInSlash() ? segments.subList(0, segments.size() - 1) : segments;
    for (String segment : filled) {
      if (segment.isEmpty()) {
        throw new IllegalArgumentException("has no empty segment");
      }
      if (DOTS.matcher(decoded(segment)).find()) {
        throw new IllegalArgumentException("has no segment . or ..");
      }
    }
  }

  private boolean endsInSlash() {
    return pieces.getLast() instanceof Literal(String text) && text.endsWith("/");
  }

  /** Good for finding ASCII in it, for nothing else. */
  private static String decoded(String segment) {
    return ENCODED
        .matcher(segment)
        .replaceAll(it ->
            Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(it.group(1), 16))));
  }
}
