package io.redoubt.proxy.llm.reply;

import io.redoubt.protocol.id.ActionId;
import io.redoubt.proxy.llm.reply.ReplyGuard.Cut;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** A reply on its way through a guard, and what came of it. */
final class Guarded {
  static final ActionId ACTION = ActionId.parse("act_0193d4a0000070008000000000000001");
  static final int LIMIT = 256 * 1024;

  final HoldMemory memory = new HoldMemory(LIMIT, 4 * LIMIT);
  final ReplyGuard guard;
  final List<List<ProposedCall>> questions = new ArrayList<>();
  private final Function<ProposedCall, CallVerdict> judge;
  private ByteString out = ByteString.emptyByteString();

  Guarded(Style style, boolean events, Predicate<ProposedCall> permitted) {
    this(style, events, (Function<ProposedCall, CallVerdict>) call -> verdict(call, permitted));
  }

  private Guarded(Style style, boolean events, Function<ProposedCall, CallVerdict> judge) {
    this.guard = ReplyGuard.of(style, events, memory);
    this.judge = judge;
  }

  /** One where calls may go out with other arguments. */
  static Guarded judged(Style style, boolean events, Function<ProposedCall, CallVerdict> judge) {
    return new Guarded(style, events, judge);
  }

  static Guarded whole(
      Style style, boolean events, String reply, Predicate<ProposedCall> permitted) {
    return new Guarded(style, events, permitted).feed(bytes(reply)).finish();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Everything is answered at once, as a quick judge would. */
  Guarded feed(byte[] chunk) {
    out = out.concat(guard.feed(ByteString.fromArray(chunk)));
    return answer();
  }

  Guarded finish() {
    out = out.concat(guard.finish());
    return answer();
  }

  private Guarded answer() {
    for (var calls = guard.question(); calls != null; calls = guard.question()) {
      questions.add(calls);
      out = out.concat(guard.decided(calls.stream().map(judge).toList()));
    }
    return this;
  }

  private static CallVerdict verdict(ProposedCall call, Predicate<ProposedCall> permitted) {
    var why = call.refusal();
    return why == null && permitted.test(call)
        ? new CallVerdict.Released()
        : new CallVerdict.Denied(ACTION, List.of("pol_x"), why == null ? "not allowed" : why);
  }

  String out() {
    return out.utf8String();
  }

  byte[] outBytes() {
    return out.toArray();
  }

  @Nullable Cut broken() {
    return guard.broken();
  }

  List<ProposedCall> asked() {
    return questions.stream().flatMap(List::stream).toList();
  }
}
