package io.redoubt.proxy.llm;

import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import io.redoubt.proxy.llm.reply.Samples;
import java.util.Arrays;
import java.util.stream.Stream;

/** How a model is asked and answers: in whose words, and whether piece by piece. */
record Way(Style style, boolean streamed) {
  /** Names {@link #all} to tests of every way. */
  static final String ALL = "io.redoubt.proxy.llm.Way#all";

  static Stream<Way> all() {
    return Arrays.stream(Style.values())
        .flatMap(style -> Stream.of(new Way(style, true), new Way(style, false)));
  }

  /** What the model of the samples says. */
  String reply() {
    return streamed ? Samples.stream(style) : Samples.document(style);
  }
}
