package io.redoubt.proxy.llm;

import org.apache.pekko.util.ByteString;

/** The one change made to a body: some bytes in the place of others, and every other untouched. */
record Splice(int at, int remove, ByteString insert) {

  static Splice insert(int at, String text) {
    return new Splice(at, 0, ByteString.fromString(text));
  }

  static Splice replace(int at, int remove, String text) {
    return new Splice(at, remove, ByteString.fromString(text));
  }

  ByteString applyTo(ByteString body) {
    return body.take(at).concat(insert).concat(body.drop(at + remove));
  }
}
