package io.redoubt.proxy.inspect;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.redoubt.protocol.audit.Coverage;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Every text of a JSON body, whatever the provider calls it: strings as they read without their
 * escapes, long numbers, names that are not the provider's own, and the JSON that stands inside of
 * strings, as arguments of tool calls do. For one body, and one thread.
 */
public final class JsonInspection {
  private static final int DEEPEST = 200;
  private static final int DEEPEST_INSIDE = 3;
  private static final int SHORTEST_NUMBER = 8;
  private static final int LONGEST_NAME = 64;
  private static final int ASSIGNMENT = ": \"".length();

  /** Of ten, in numbers that anybody looks for: larger ones would only take time. */
  private static final Pattern POWER = Pattern.compile("[+-]?0*[1-3]?[0-9]");

  private static final byte[] NO_DIGITS = {};
  private static final String CALL = "arguments";
  private static final int MOST_GAPS = 20;
  private static final int LONGEST_PLACE = 120;
  private static final int MOST_NAMES = 256;

  static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST)
                  .maxNumberLength(1000)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  /**
   * How much is looked at.
   *
   * @param bytes of the texts of one body
   * @param insideBytes of JSON inside of one string; longer ones are read as the text they are
   */
  public record Limits(long bytes, int insideBytes) {
    public Limits {
      if (bytes < 1 || insideBytes < 0) {
        throw new IllegalArgumentException("limits are positive");
      }
    }
  }

  /**
   * A finding, and the text it is in.
   *
   * @param pointer to the text (RFC 6901), behind {@code #} inside of a string that is JSON itself;
   *     a name that holds a finding is written {@code *}
   * @param inName whether it is in the name of the member, and not in its value
   */
  public record Located(String pointer, boolean inName, Finding finding) {}

  /**
   * What came of it.
   *
   * @param gaps what was not looked at, and why
   * @param more findings beyond those that are kept
   */
  public record Result(List<Located> findings, List<Coverage.Gap> gaps, long more) {
    public Result {
      findings = List.copyOf(findings);
      gaps = List.copyOf(gaps);
    }

    /** What was found, each once, as policies and records name it. */
    public List<String> codes() {
      var codes = new TreeSet<String>();
      findings.forEach(each -> codes.add(each.finding().code()));
      return List.copyOf(codes);
    }
  }

  private final Inspector inspector;
  private final Limits limits;
  private final String what;
  private final Scan scan;
  private final Unescaper unescaper;
  private final List<Located> found = new ArrayList<>();
  private final Set<Coverage.Gap> gaps = new LinkedHashSet<>();
  private long read;
  private boolean cut; // a text was longer than what was left of the limit
  private final Map<String, Boolean> harmless = new HashMap<>();

  /** What is to be replaced; null: nothing, this only looks. */
  private final @Nullable Predicate<Finding> isRedacted;

  private final List<Finding> all = new ArrayList<>();
  private List<Edit> edits = new ArrayList<>();
  private boolean irreplaceable; // something is to be replaced that cannot be

  /**
   * Where a text is that stands inside of another.
   *
   * @param pointer for whoever may see the text
   * @param place for records, which go where the text must not
   */
  private record Prefix(String pointer, String place) {
    private static final Prefix NONE = new Prefix("", "");
  }

  private record Span(int from, int to) {}

  private JsonInspection(
      Inspector inspector, Limits limits, String what, @Nullable Predicate<Finding> isRedacted) {
    this.inspector = inspector;
    this.limits = limits;
    this.what = what;
    this.isRedacted = isRedacted;
    this.scan = isRedacted == null ? inspector.open() : inspector.open(all::add);
    this.unescaper = new Unescaper(this::feed);
  }

  /**
   * The same body with findings replaced in its texts, and every other byte as it is.
   *
   * @param isRedacted which findings
   * @return empty: one of them is in the name of a member, or not everything can be looked at
   */
  public static Optional<byte[]> redacted(
      Inspector inspector, Limits limits, byte[] body, Predicate<Finding> isRedacted) {
    var inspection = new JsonInspection(inspector, limits, "", isRedacted);
    try {
      inspection.walk(body, 0, body.length, Prefix.NONE, 0);
    } catch (JacksonException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
    boolean limited = inspection.gaps.stream().anyMatch(gap -> gap.why().equals("limit"));
    return inspection.irreplaceable || limited
        ? Optional.empty()
        : Optional.of(Edit.apply(inspection.edits, body));
  }

  /**
   * Looks at all texts of a body.
   *
   * @param what the body is called in coverage records, such as {@code request}
   */
  public static Result of(Inspector inspector, Limits limits, String what, byte[] body) {
    var inspection = new JsonInspection(inspector, limits, what, null);
    try {
      inspection.walk(body, 0, body.length, Prefix.NONE, 0);
    } catch (JacksonException _) {
      inspection.gap("from the first byte that is not JSON", "undecodable");
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
    if (inspection.scan.more() > 0) {
      // Looked at all the same, and the first of each kind is kept: nothing is missing but places.
      inspection.gap("findings after the first " + Scan.MOST_FINDINGS, "count");
    }
    return new Result(inspection.found, List.copyOf(inspection.gaps), inspection.scan.more());
  }

  private void walk(byte[] body, int from, int length, Prefix prefix, int inside)
      throws IOException {
    try (var parser = JSON.createParser(body, from, length)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        switch (token) {
          case VALUE_STRING -> {
            int begin = from + Math.toIntExact(parser.currentTokenLocation().getByteOffset()) + 1;
            string(parser, body, begin, end(body, begin), prefix, inside);
          }
          case VALUE_NUMBER_INT -> {
            if (parser.getTextLength() >= SHORTEST_NUMBER) {
              var where = where(parser, from);
              text(parser, body, where.from(), where.to(), where, prefix);
            } else {
              name(parser, prefix);
            }
          }
          case VALUE_NUMBER_FLOAT -> {
            byte[] digits = digits(parser);
            if (digits.length >= SHORTEST_NUMBER) {
              text(parser, digits, 0, digits.length, where(parser, from), prefix);
            } else {
              name(parser, prefix);
            }
          }
          case START_OBJECT, START_ARRAY, VALUE_TRUE, VALUE_FALSE, VALUE_NULL ->
              name(parser, prefix);
          default -> {}
        }
      }
    }
  }

  private static Span where(JsonParser number, int from) throws IOException {
    int begin = from + Math.toIntExact(number.currentTokenLocation().getByteOffset());
    return new Span(begin, begin + number.getTextLength());
  }

  /**
   * The whole part of a number with a point or an exponent, as people write it; nothing for a short
   * one.
   */
  private byte[] digits(JsonParser parser) throws IOException {
    String text = parser.getText();
    int point = text.indexOf('.');
    int exponent = Math.max(text.indexOf('e'), text.indexOf('E'));
    int whole = point >= 0 ? point : exponent;
    boolean shrinks = exponent < 0 || text.charAt(exponent + 1) == '-';
    if (shrinks && whole < SHORTEST_NUMBER) {
      return NO_DIGITS; // small, as the numbers of vectors are
    }
    return exponent >= 0
            && POWER.matcher(text.substring(exponent + 1)).matches()
            && read < limits.bytes()
        ? ascii(new BigDecimal(text).toBigInteger().toString())
        : ascii(text.substring(0, whole));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Where a string ends that begins here: the parser has read it, or will refuse it. */
  static int end(byte[] body, int from) {
    int at = from;
    while (at < body.length && body[at] != '"') {
      at += body[at] == '\\' ? 2 : 1;
    }
    return Math.min(at, body.length);
  }

  private void string(JsonParser parser, byte[] body, int from, int to, Prefix prefix, int inside)
      throws IOException {
    String name = parser.currentName();
    if (name != null
        && ProviderNames.isBinary(name, body, from, to)
        && !isOfCall(parser.getParsingContext(), inside)) {
      gap(place(parser.getParsingContext(), prefix), "binary");
      if (ProviderNames.isUnread(name, body, from, to)) {
        return;
      }
    }
    if (mayHoldJson(body, from, to)
        && inside < DEEPEST_INSIDE
        && to - from <= limits.insideBytes()) {
      byte[] decoded = Unescaper.decode(body, from, to);
      if (holdsEscapes(decoded) || "arguments".equals(name)) {
        int before = found.size();
        var outside = edits;
        boolean outsideIrreplaceable = irreplaceable;
        edits = new ArrayList<>();
        try {
          walk(
              decoded,
              0,
              decoded.length,
              new Prefix(
                  pointer(parser.getParsingContext(), prefix) + '#',
                  place(parser.getParsingContext(), prefix) + '#'),
              inside + 1);
          outside.addAll(Edit.escaped(edits, body, from, to));
          edits = outside;
          return;
        } catch (JacksonException _) {
          // It only looked like JSON: read it as the text it is, from its beginning.
          found.subList(before, found.size()).clear();
          edits = outside;
          irreplaceable = outsideIrreplaceable;
          take();
        }
      }
    }
    text(parser, body, from, to, null, prefix);
  }

  /** In the arguments of a call no place is for pictures: the agent named it. */
  private boolean isOfCall(JsonStreamContext context, int inside) {
    boolean ofCall = inside > 0 || what.equals(CALL);
    for (var at = context; at != null && !ofCall; at = at.getParent()) {
      var owner = at.getParent();
      ofCall =
          at.inObject()
              && owner != null
              && ("input".equals(owner.getCurrentName())
                  || "arguments".equals(owner.getCurrentName()));
    }
    return ofCall;
  }

  private static boolean mayHoldJson(byte[] body, int from, int to) {
    int at = from;
    while (at < to
        && (body[at] == ' ' || (body[at] == '\\' && at + 1 < to && body[at + 1] != '"'))) {
      at += body[at] == ' ' ? 1 : 2;
    }
    return to - at > 2 && (body[at] == '{' || body[at] == '[');
  }

  private static boolean holdsEscapes(byte[] text) {
    for (byte each : text) {
      if (each == '\\') {
        return true;
      }
    }
    return false;
  }

  /** A name whose value is no text. */
  private void name(JsonParser parser, Prefix prefix) {
    boolean isContainer = parser.currentToken().isStructStart();
    var context = parser.getParsingContext();
    var owner = isContainer ? context.getParent() : context;
    String name = owner == null ? null : owner.getCurrentName();
    if (name == null || ProviderNames.isKnown(name) || isFull(context, prefix)) {
      return;
    }
    scan.restart();
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    feed(bytes, 0, bytes.length);
    scan.end();
    for (Finding finding : take()) {
      irreplaceable |= isRedacted != null && isRedacted.test(finding);
      found.add(new Located(pointer(owner, prefix), true, finding));
    }
  }

  private List<Finding> take() {
    if (isRedacted == null) {
      return scan.take();
    }
    all.sort(Comparator.comparingLong(Finding::offset));
    var taken = List.copyOf(all);
    all.clear();
    return taken;
  }

  /** Replaces findings in a text, which lies between these places. */
  private void replace(
      List<Located> findings,
      @Nullable Span number,
      byte[] body,
      int from,
      int to,
      Predicate<Finding> which) {
    var inText = new ArrayList<Edit>();
    int done = 0;
    for (Located each : findings) {
      var finding = each.finding();
      if (!which.test(finding)) {
        continue;
      }
      if (number != null) {
        edits.add(new Edit(number.from(), number.to(), '"' + Redaction.marker(finding) + '"'));
        return;
      } else if (finding.end() > done) {
        int begin = (int) Math.max(done, finding.offset());
        inText.add(
            new Edit(
                begin,
                (int) finding.end(),
                finding.offset() < done ? "" : Redaction.marker(finding)));
        done = (int) finding.end();
      }
    }
    edits.addAll(Edit.escaped(inText, body, from, to));
  }

  /**
   * The inside of a string, or a number, with its name in front where that may say something.
   *
   * @param number where the number is in its body; null: this is a string
   */
  private void text(
      JsonParser parser, byte[] body, int from, int to, @Nullable Span number, Prefix prefix)
      throws IOException {
    var context = parser.getParsingContext();
    if (isFull(context, prefix)) {
      return;
    }
    String name = parser.currentName();
    int ahead = 0;
    scan.restart();
    unescaper.restart();
    if (name != null && !ProviderNames.isKnown(name)) {
      // As an assignment, which says of some values what they are.
      byte[] bytes = (name + ": \"").getBytes(StandardCharsets.UTF_8);
      ahead = bytes.length;
      feed(bytes, 0, bytes.length);
    }
    unescaper.write(body, from, to);
    unescaper.end();
    scan.end();
    int before = found.size();
    for (Finding finding : take()) {
      // What begins in the name and ends in the value cannot be replaced as one.
      irreplaceable |=
          isRedacted != null && finding.offset() < ahead - ASSIGNMENT && isRedacted.test(finding);
      found.add(located(finding, ahead, pointer(context, prefix)));
    }
    if (isRedacted != null) {
      replace(found.subList(before, found.size()), number, body, from, to, isRedacted);
    }
    if (cut) {
      limited(place(context, prefix));
    }
  }

  private static Located located(Finding finding, int ahead, String pointer) {
    if (ahead > 0 && finding.end() <= ahead - ASSIGNMENT) {
      return new Located(pointer, true, finding);
    }
    long offset = Math.max(0, finding.offset() - ahead);
    return new Located(
        pointer,
        false,
        new Finding(
            finding.detector(),
            finding.category(),
            offset,
            (int) Math.max(1, finding.end() - ahead - offset),
            finding.confidence()));
  }

  private boolean isFull(JsonStreamContext context, Prefix prefix) {
    if (read < limits.bytes()) {
      return false;
    }
    limited(place(context, prefix));
    return true;
  }

  private void limited(String place) {
    if (gaps.stream().noneMatch(gap -> gap.why().equals("limit"))) {
      gap("from " + place, "limit");
    }
  }

  private void feed(byte[] bytes, int from, int length) {
    int some = (int) Math.min(length, limits.bytes() - read);
    cut = some < length;
    read += some;
    scan.feed(bytes, from, some);
  }

  private void gap(String where, String why) {
    // Whatever was read to its end may be one of too many; that something was not, must be known.
    if (gaps.size() < MOST_GAPS || why.equals("limit") || why.equals("undecodable")) {
      gaps.add(new Coverage.Gap(where.isEmpty() ? what : what + ' ' + where, why));
    } else if (gaps.size() == MOST_GAPS) {
      gaps.add(new Coverage.Gap(what + ", more places", why));
    }
  }

  private String pointer(JsonStreamContext context, Prefix prefix) {
    return prefix.pointer + path(context, this::isHarmless);
  }

  /** Records hold what providers call things, and nothing that an agent wrote. */
  private static String place(JsonStreamContext context, Prefix prefix) {
    String place = prefix.place + path(context, ProviderNames::isKnown);
    return place.length() <= LONGEST_PLACE ? place : place.substring(0, LONGEST_PLACE) + '…';
  }

  private static String path(JsonStreamContext context, Predicate<String> isSayable) {
    var path = new StringBuilder();
    for (var at = context; at != null && !at.inRoot(); at = at.getParent()) {
      String name = at.getCurrentName();
      if (at.inArray()) {
        path.insert(0, "/" + Math.max(0, at.getCurrentIndex()));
      } else if (name != null) {
        path.insert(
            0, '/' + (isSayable.test(name) ? name.replace("~", "~0").replace("/", "~1") : "*"));
      }
    }
    return path.toString();
  }

  /** A pointer is no place for what was found in a name (G6). */
  private boolean isHarmless(String name) {
    if (ProviderNames.isKnown(name)) {
      return true;
    }
    if (name.length() > LONGEST_NAME) {
      return false;
    }
    Boolean known = harmless.get(name);
    if (known == null) {
      known = inspector.inspect(name.getBytes(StandardCharsets.UTF_8)).isEmpty();
      if (harmless.size() < MOST_NAMES) {
        harmless.put(name, known);
      }
    }
    return known;
  }
}
