package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;

class UsageChunkFilterTest {
  private static final String BEFORE = String.join("", Streams.OPENAI_BEFORE_USAGE);

  private static String filtered(String stream, int cut) {
    byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
    var filter = new UsageChunkFilter();
    return filter
        .pass(ByteString.fromArray(bytes, 0, cut))
        .concat(filter.pass(ByteString.fromArray(bytes, cut, bytes.length - cut)))
        .concat(filter.rest())
        .utf8String();
  }

  @Test
  void exactlyTheUsageChunkIsWithheldHoweverTheStreamIsCut() {
    for (String usage :
        new String[] {Streams.OPENAI_USAGE, Streams.OPENAI_USAGE.replace("\n", "\r\n")}) {
      String stream = BEFORE + usage + Streams.OPENAI_DONE;
      for (int cut = 0; cut <= stream.getBytes(StandardCharsets.UTF_8).length; cut++) {
        assertThat(filtered(stream, cut)).isEqualTo(BEFORE + Streams.OPENAI_DONE);
      }
    }
  }

  @Test
  void usageBesideChoicesPasses() {
    String stream =
        """
        data: {"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}

        data: {"choices":[],"usage":null}

        data: {"usage":{}}

        data: not json "usage"

        : "usage"

        """;

    assertThat(filtered(stream, 10)).isEqualTo(stream);
  }

  @Test
  void aStreamThatEndsInTheMiddleLosesNothing() {
    String stream = BEFORE + "data: {\"choices\":[{\"delta\":{\"cont";

    assertThat(filtered(stream, 5)).isEqualTo(stream);
  }

  @Test
  void anEndlessEventIsNotHeldForEver() {
    var filter = new UsageChunkFilter();
    var part = ByteString.fromString("data: " + "x".repeat(40_000));

    assertThat(filter.pass(part).size()).isZero();
    assertThat(filter.pass(part).size()).isEqualTo(2 * part.size());
    assertThat(filter.pass(part).size()).isEqualTo(part.size());
    assertThat(filter.pass(ByteString.fromString("\n\ndata: 1\n\n")).utf8String())
        .isEqualTo("\n\ndata: 1\n\n");
  }

  @Test
  void wholeEventsAreNotHeldBack() {
    var filter = new UsageChunkFilter();

    assertThat(filter.pass(ByteString.fromString("data: 1\n\ndata: 2\n\nda")).utf8String())
        .isEqualTo("data: 1\n\ndata: 2\n\n");
  }
}
