package io.redoubt.protocol.approval;

import io.redoubt.protocol.text.PlainText;

/**
 * A policy that wants an approval, in its own words when it was asked for.
 *
 * @param policy its id
 * @param text as it stands in its document; the beginning of one that is long
 */
public record PolicyClause(String policy, String text) {
  /** Of one text. */
  public static final int MAX_TEXT = 1_000;

  /** Of one request: who wants to read more has the ids of all. */
  public static final int MOST = 5;

  public PolicyClause {
    text = PlainText.cut(text, MAX_TEXT);
  }
}
