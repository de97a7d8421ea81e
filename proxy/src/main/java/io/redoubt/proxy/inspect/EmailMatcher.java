package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;
import java.util.Set;

/** {@code local@domain} (RFC 5321, without quoted local parts and address literals). */
final class EmailMatcher implements Matcher {
  private static final int LONGEST_LOCAL = 64;
  private static final int LONGEST_DOMAIN = 253;

  /** Beside those of two letters, which are countries. */
  private static final Set<String> TOP_LEVEL =
      Set.of(
          ("com org net edu gov mil int info biz name pro app dev cloud tech online site store shop "
                  + "blog xyz club live life world today news email company group team work agency "
                  + "digital media network systems solutions services software consulting design "
                  + "studio global space website host press science health care bank finance money "
                  + "capital insurance law legal energy earth eco bio art music film games travel "
                  + "hotel restaurant cafe coop jobs mobi museum tel asia cat post aero arpa example "
                  + "test local internal corp lan home invalid berlin london paris nyc tokyo swiss "
                  + "wien koeln hamburg google microsoft amazon apple top vip icu fun one page link "
                  + "chat support help academy school university training institute foundation "
                  + "church community social events photography photos pictures gallery fashion "
                  + "fitness yoga doctor dental clinic hospital pharmacy vet farm garden house land "
                  + "estate properties builders construction engineering industries ventures "
                  + "partners holdings international enterprises limited gmbh inc llc ltd ngo ong")
              .split(" ", -1));

  @Override
  public void match(Window window, int start) {
    int sign = start + 1;
    int from = window.runBack(sign, Bytes.LOCAL, LONGEST_LOCAL + 1);
    while (from < sign && !window.is(from, Bytes.WORD)) {
      from++; // punctuation that stands before it
    }
    if (from == sign || sign - from > LONGEST_LOCAL || window.at(sign - 1) == '.') {
      return;
    }
    for (int i = from; i < sign; i++) {
      if (window.at(i) == '.' && window.at(i + 1) == '.') {
        return;
      }
    }
    int to = domainEnd(window, sign + 1);
    if (to < 0 || isElsewhere(window, from, sign, to)) {
      return;
    }
    window.found(Detector.EMAIL, from, to, Confidence.FORM);
  }

  /** Behind the last label, -1 where it is no domain. */
  private static int domainEnd(Window window, int from) {
    int to = -1;
    int label = from;
    int labels = 0;
    while (label - from < LONGEST_DOMAIN) {
      int end = window.run(label, Bytes.ALNUM | Bytes.DASH, LONGEST_LOCAL);
      if (end == label || end - label == LONGEST_LOCAL || window.at(label) == '-') {
        break;
      }
      labels++;
      int trimmed = end;
      while (window.at(trimmed - 1) == '-') {
        trimmed--;
      }
      if (labels > 1 && isTopLevel(window, label, trimmed)) {
        to = trimmed;
      }
      if (trimmed < end || window.at(end) != '.') {
        break;
      }
      label = end + 1;
    }
    // What goes on as a name of another kind, such as user@host.name_of_something, is none.
    return to >= 0 && window.is(to, Bytes.WORD) ? -1 : to;
  }

  private static boolean isTopLevel(Window window, int from, int to) {
    if (window.hasIgnoringCase(from, "xn--")) {
      return true;
    }
    if (to - from < 2 || window.run(from, Bytes.LETTER, to - from) != to) {
      return false;
    }
    if (to - from == 2) {
      return true;
    }
    StringBuilder label = new StringBuilder(to - from);
    for (int i = from; i < to; i++) {
      label.append((char) Bytes.lower(window.at(i)));
    }
    return TOP_LEVEL.contains(label.toString());
  }

  /** {@code git@github.com:a/b} and its like are addresses of machines. */
  private static boolean isElsewhere(Window window, int from, int sign, int to) {
    boolean remote = window.at(to) == ':' && window.is(to + 1, Bytes.LETTER | Bytes.UNDERSCORE);
    if (window.at(from - 1) == '/' && window.at(from - 2) == '/') {
      return true; // https://user@host.com
    }
    boolean git = sign - from == 3 && window.has(from, "git");
    return git || (remote && window.hasBefore(from, 8, new String[] {"ssh ", "scp ", "git "}));
  }
}
