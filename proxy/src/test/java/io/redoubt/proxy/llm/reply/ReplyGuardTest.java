package io.redoubt.proxy.llm.reply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.redoubt.proxy.llm.reply.ReplyGuard.Cut;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ReplyGuardTest {
  private static boolean all(ProposedCall call) {
    return call.refusal() == null;
  }

  private static boolean none(ProposedCall call) {
    return call.tool().isEmpty();
  }

  private static boolean second(ProposedCall call) {
    return call.tool().equals("weather");
  }

  record Case(Style style, boolean crlf, String verdicts) {
    String stream() {
      return crlf ? Samples.stream(style).replace("\n", "\r\n") : Samples.stream(style);
    }

    Predicate<ProposedCall> permitted() {
      return switch (verdicts) {
        case "all" -> ReplyGuardTest::all;
        case "none" -> ReplyGuardTest::none;
        default -> ReplyGuardTest::second;
      };
    }
  }

  static Stream<Case> cases() {
    return Arrays.stream(Style.values())
        .flatMap(style ->
            Stream.of(true, false)
                .flatMap(
                    crlf -> Stream.of("all", "none", "second").map(v -> new Case(style, crlf, v))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void howeverAStreamIsCutIntoChunksTheSameGoesOut(Case given) {
    byte[] stream = Guarded.bytes(given.stream());
    var expected = Guarded.whole(given.style, true, given.stream(), given.permitted()).outBytes();

    for (int cut = 0; cut <= stream.length; cut++) {
      if (!isTried(given, stream, cut)) {
        continue;
      }
      var guarded = new Guarded(given.style, true, given.permitted());
      guarded.feed(Arrays.copyOf(stream, cut));
      guarded.feed(Arrays.copyOfRange(stream, cut, stream.length)).finish();
      assertThat(guarded.outBytes()).isEqualTo(expected);
    }
    var random = new Random(7);
    for (int round = 0; round < 50; round++) {
      var guarded = new Guarded(given.style, true, given.permitted());
      for (int from = 0; from < stream.length; ) {
        int to = Math.min(stream.length, from + 1 + random.nextInt(1 << random.nextInt(9)));
        guarded.feed(Arrays.copyOfRange(stream, from, to));
        from = to;
      }
      assertThat(guarded.finish().outBytes()).isEqualTo(expected);
    }
  }

  /**
   * Every place once for each protocol, and once more every place where lines end in two
   * characters; the other cases differ in what is done with whole events.
   */
  private static boolean isTried(Case given, byte[] stream, int cut) {
    boolean closely =
        given.verdicts.equals("second")
            && (!given.crlf || isOfLineEnd(stream, cut - 1) || isOfLineEnd(stream, cut));
    return closely || cut % 11 == 0;
  }

  private static boolean isOfLineEnd(byte[] stream, int index) {
    return index >= 0 && index < stream.length && (stream[index] == '\r' || stream[index] == '\n');
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatIsPermittedGoesOutByteForByteAndWhatIsDeniedNotAtAll(Case given) {
    var guarded = Guarded.whole(given.style, true, given.stream(), given.permitted());

    assertThat(guarded.broken()).isNull();
    switch (given.verdicts) {
      case "all" -> assertThat(guarded.out()).isEqualTo(given.stream());
      case "none" ->
          assertThat(guarded.out())
              .doesNotContain("toolu_", "call_1", "call_2", "sswd", "Zürich")
              .contains(Guarded.ACTION.toString(), "pol_x", "read_file", "weather");
      default ->
          assertThat(guarded.out())
              .doesNotContain("toolu_1", "call_1", "sswd")
              .contains(Guarded.ACTION.toString(), "Zürich");
    }
    assertThat(guarded.out()).contains("Let me look");
    assertThat(guarded.memory.free()).isEqualTo(4L * Guarded.LIMIT);
  }

  @ParameterizedTest
  @EnumSource
  void parallelCallsAreDecidedTogether(Style style) {
    for (boolean events : new boolean[] {true, false}) {
      String reply = events ? Samples.stream(style) : Samples.document(style);

      var questions = Guarded.whole(style, events, reply, ReplyGuardTest::all).questions;

      assertThat(questions).hasSize(1);
      assertThat(questions.getFirst())
          .extracting(
              ProposedCall::tool,
              call -> new String(call.arguments().json(), StandardCharsets.UTF_8),
              ProposedCall::refusal)
          .containsExactly(
              tuple("read_file", Samples.FIRST_ARGUMENTS, null),
              tuple("weather", Samples.SECOND_ARGUMENTS, null));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDocumentGoesOutByteForByteOrWithExplanations(Style style) {
    String document = Samples.document(style);

    assertThat(Guarded.whole(style, false, document, ReplyGuardTest::all).out())
        .isEqualTo(document);
    assertThat(Guarded.whole(style, false, document, ReplyGuardTest::none).out())
        .doesNotContain("toolu_", "call_1", "call_2", "sswd", "Zürich")
        .contains(Guarded.ACTION.toString(), "Let me look");
    assertThat(Guarded.whole(style, false, document, ReplyGuardTest::second).out())
        .doesNotContain("toolu_1", "call_1", "sswd")
        .contains(Guarded.ACTION.toString(), "Zürich");
  }

  @ParameterizedTest
  @EnumSource
  void textIsOutAtOnceAndNothingOfACallIsBeforeTheVerdict(Style style) {
    String stream = Samples.stream(style);
    var memory = new HoldMemory(Guarded.LIMIT, Guarded.LIMIT);
    var guard = ReplyGuard.of(style, true, memory);
    int call = stream.indexOf("read_file\"", stream.indexOf("Let me look"));
    int before = stream.lastIndexOf("\n\n", call) + 2;

    var text = guard.feed(ByteString.fromString(stream.substring(0, before)));
    var rest = guard.feed(ByteString.fromString(stream.substring(before)));

    assertThat(text.utf8String()).isEqualTo(stream.substring(0, before));
    assertThat(rest.isEmpty()).isTrue();
    assertThat(guard.question()).hasSize(2);
    assertThat(guard.holds()).isTrue();
    assertThat(guard.finish().isEmpty()).isTrue();
    var released = new CallVerdict.Released();
    assertThat(guard.decided(List.of(released, released)).utf8String())
        .isEqualTo(stream.substring(before));
    assertThat(guard.holds()).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void aChunkWithoutCallsIsPassedOnAsItIs(Style style) {
    var guard = ReplyGuard.of(style, true, new HoldMemory(1024, 1024));
    var chunk = ByteString.fromString("event: x\ndata: {\"text\":\"Grüße\"}\n\n: c\r\n\r\n");

    assertThat(guard.feed(chunk)).isSameAs(chunk);
    assertThat(guard.feed(chunk)).isSameAs(chunk);
    assertThat(guard.finish().isEmpty()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void aStreamThatEndsInTheMiddleOfACallNeverShowsIt(Style style) {
    String stream = Samples.stream(style);
    int from = stream.indexOf("\n\n", stream.indexOf("read_file\"", stream.indexOf("Let me look")));
    int last = stream.indexOf("finish_reason\":\"tool_calls");
    int to = last < 0 ? stream.indexOf("Zürich") : stream.lastIndexOf("\n\n", last);
    for (int end = from + 2; end < to; end += 7) {
      var guarded = Guarded.whole(style, true, stream.substring(0, end), ReplyGuardTest::all);

      assertThat(guarded.broken()).isIn(Cut.UNFINISHED, Cut.NOT_UNDERSTOOD);
      assertThat(guarded.out()).doesNotContain("toolu_1", "call_1", "sswd").contains("error");
      assertThat(guarded.memory.free()).isEqualTo(4L * Guarded.LIMIT);
    }
  }

  @Test
  void anErrorOfTheProvidersPassesAndWhatWasHeldDoesNot() {
    String stream = Samples.stream(Style.MESSAGES);
    String error =
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n";
    int middle =
        stream.indexOf(
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}");

    var guarded =
        Guarded.whole(
            Style.MESSAGES, true, stream.substring(0, middle) + error, ReplyGuardTest::all);

    assertThat(guarded.broken()).isNull();
    assertThat(guarded.asked()).isEmpty();
    assertThat(guarded.out()).doesNotContain("toolu_1").endsWith(error);
  }

  @ParameterizedTest
  @EnumSource
  void tooMuchIsNeverHeldAndIsOnRecordAsDenied(Style style) {
    String stream = Samples.stream(style).replace("ässwd", "a".repeat(Guarded.LIMIT));
    var guarded = new Guarded(style, true, ReplyGuardTest::all);
    byte[] bytes = Guarded.bytes(stream);
    for (int from = 0; from < bytes.length; from += 1000) {
      guarded.feed(Arrays.copyOfRange(bytes, from, Math.min(from + 1000, bytes.length)));
    }

    assertThat(guarded.finish().broken()).isEqualTo(Cut.TOO_LARGE);
    assertThat(guarded.asked()).extracting(ProposedCall::tool).containsExactly("read_file");
    assertThat(guarded.asked().getFirst().refusal()).contains("would have to be held back");
    assertThat(guarded.out()).doesNotContain("aaaa", "toolu_1").contains(Guarded.ACTION.toString());
    assertThat(guarded.memory.free()).isEqualTo(4L * Guarded.LIMIT);
  }

  @Test
  void theMemoryOfAllRepliesTogetherIsBounded() {
    var memory = new HoldMemory(300_000, 300_000);
    var one = ReplyGuard.of(Style.CHAT, true, memory);
    var other = ReplyGuard.of(Style.CHAT, true, memory);
    var much = ByteString.fromString("data: " + "x".repeat(250_000));

    assertThat(one.feed(much).isEmpty()).isTrue();
    other.feed(much);

    assertThat(one.broken()).isNull();
    assertThat(other.broken()).isEqualTo(Cut.TOO_LARGE);
    one.close();
    assertThat(memory.free()).isEqualTo(300_000);
  }

  @Test
  void argumentsThatNobodyCanDecideAboutAreNeverReleased() {
    String stream = Samples.stream(Style.MESSAGES).replace("3}\"", "3,\\\"city\\\":1}\"");
    var guard = ReplyGuard.of(Style.MESSAGES, true, new HoldMemory(Guarded.LIMIT, Guarded.LIMIT));
    guard.feed(ByteString.fromString(stream));

    var calls = guard.question();

    assertThat(calls).extracting(ProposedCall::refusal).containsExactly(null, "a name twice");
    var released = new CallVerdict.Released();
    assertThatThrownBy(() -> guard.decided(List.of(released, released)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> guard.decided(List.of(released)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatTheProviderDoesItselfIsDecidedAtOnceAndItsDenialTakesWhatFollowsAway() {
    String stream =
        """
        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\\"query\\":\\"q\\"}"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":0}

        event: content_block_start
        data: {"type":"content_block_start","index":1,"content_block":{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","title":"found"}]}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":1}

        event: content_block_start
        data: {"type":"content_block_start","index":2,"content_block":{"type":"text","text":"It was found."}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":2}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":89}}

        event: message_stop
        data: {"type":"message_stop"}

        """;
    var guard = ReplyGuard.of(Style.MESSAGES, true, new HoldMemory(Guarded.LIMIT, Guarded.LIMIT));
    int end = stream.indexOf("event: content_block_start", 10);

    assertThat(guard.feed(ByteString.fromString(stream.substring(0, end))).isEmpty()).isTrue();

    assertThat(guard.question())
        .singleElement()
        .satisfies(call -> {
          assertThat(call.tool()).isEqualTo("web_search");
          assertThat(call.executor()).isEqualTo(ProposedCall.Executor.PROVIDER);
        });
    assertThat(Guarded.whole(Style.MESSAGES, true, stream, ReplyGuardTest::all).out())
        .isEqualTo(stream);
    assertThat(Guarded.whole(Style.MESSAGES, true, stream, ReplyGuardTest::none).out())
        .doesNotContain("found", "srvtoolu_1")
        .contains("\"output_tokens\":89", "message_stop", Guarded.ACTION.toString());
  }

  @Test
  void aReplyOfOneDeniedCallEndsItsTurn() {
    for (Style style : Style.values()) {
      var stream = Guarded.whole(style, true, Samples.stream(style), ReplyGuardTest::none).out();
      var document =
          Guarded.whole(style, false, Samples.document(style), ReplyGuardTest::none).out();
      String reason =
          switch (style) {
            case MESSAGES -> "\"stop_reason\":\"end_turn\"";
            case CHAT -> "\"finish_reason\":\"stop\"";
            case RESPONSES -> "\"status\":\"completed\",\"output\":";
          };
      assertThat(stream).contains(reason).doesNotContain("\"tool_calls\"}");
      assertThat(document).contains(reason);
      assertThat(Guarded.whole(style, true, Samples.stream(style), ReplyGuardTest::second).out())
          .contains(style == Style.MESSAGES ? "\"stop_reason\":\"tool_use\"" : "");
    }
  }

  @Test
  void pingsKeepTheStreamAlive() {
    var memory = new HoldMemory(1024, 1024);

    assertThat(ReplyGuard.of(Style.MESSAGES, true, memory).keepAlive().utf8String())
        .isEqualTo("event: ping\ndata: {\"type\": \"ping\"}\n\n");
    assertThat(ReplyGuard.of(Style.CHAT, true, memory).keepAlive().utf8String()).startsWith(":");
    assertThat(ReplyGuard.of(Style.RESPONSES, true, memory).keepAlive().utf8String())
        .startsWith(":");
    assertThat(ReplyGuard.of(Style.CHAT, false, memory).keepAlive().isEmpty()).isTrue();
  }
}
