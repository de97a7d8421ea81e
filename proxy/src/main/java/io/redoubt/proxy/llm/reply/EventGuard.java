package io.redoubt.proxy.llm.reply;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Guards a stream of events. An event that carries nothing of a call passes within its chunk, which
 * is not even copied. From the first piece of a call on everything is held, in its order, until the
 * calls are whole.
 */
final class EventGuard implements ReplyGuard {
  private static final ByteString NOTHING = ByteString.emptyByteString();

  private final EventReader reader;
  private final HoldMemory.Share memory;
  private final int limit;
  private final EventScanner scanner = new EventScanner();

  /** The beginning of an event whose end is not there yet. */
  private ByteString unfinished = NOTHING;

  /** The events that wait for the end of their calls, or for the verdict. */
  private final List<ServerSentEvent> held = new ArrayList<>();

  private long heldBytes;

  /** What came behind them. */
  private ByteString waiting = NOTHING;

  private @Nullable List<ProposedCall> question;

  /** What is wrong with the reply as a whole, once the calls that it cost are on record. */
  private @Nullable Cut afterwards;

  private @Nullable Cut broken;
  private String complaint = "";
  private boolean ended;

  EventGuard(Style style, HoldMemory memory) {
    this.reader =
        switch (style) {
          case MESSAGES -> new MessagesEvents();
          case CHAT -> new ChatEvents();
          case RESPONSES -> new ResponsesEvents();
        };
    this.memory = memory.share();
    this.limit = memory.perReply();
  }

  @Override
  public ByteString feed(ByteString chunk) {
    if (broken != null) {
      return NOTHING;
    }
    if (question != null) {
      waiting = afterwards == null ? waiting.concat(chunk) : NOTHING;
      return fits() ? NOTHING : cut(Cut.TOO_LARGE, tooLarge());
    }
    return pass(chunk);
  }

  private ByteString pass(ByteString chunk) {
    var bytes = chunk.asByteBuffer();
    int size = chunk.size();
    ByteString out = NOTHING;
    int passFrom = 0;
    int eventFrom = 0;
    while (true) {
      int end;
      try {
        end = scanner.endOfEvent(bytes, eventFrom, size);
      } catch (Unintelligible e) {
        return out.concat(chunk.slice(passFrom, eventFrom))
            .concat(cut(Cut.NOT_UNDERSTOOD, notUnderstood(e)));
      }
      if (end < 0) {
        break;
      }
      boolean plain = !scanner.mayMatter() && held.isEmpty() && !reader.seesAll();
      scanner.restart();
      if (plain) {
        out = out.concat(unfinished);
        unfinished = NOTHING;
      } else {
        out = out.concat(chunk.slice(passFrom, eventFrom));
        var event = unfinished.concat(chunk.slice(eventFrom, end));
        unfinished = NOTHING;
        out = out.concat(handled(event));
        if (broken != null) {
          return out;
        }
        passFrom = end;
        if (question != null) {
          waiting = afterwards == null ? chunk.drop(end) : NOTHING;
          return fits() ? out : out.concat(cut(Cut.TOO_LARGE, tooLarge()));
        }
      }
      eventFrom = end;
    }
    unfinished = unfinished.concat(chunk.drop(eventFrom));
    out =
        passFrom == 0 && eventFrom == size && out.isEmpty()
            ? chunk
            : out.concat(chunk.slice(passFrom, eventFrom));
    return fits() ? out : out.concat(overflow());
  }

  private ByteString handled(ByteString event) {
    try {
      return handle(event);
    } catch (Unintelligible e) {
      return cut(Cut.NOT_UNDERSTOOD, notUnderstood(e));
    }
  }

  private ByteString handle(ByteString bytes) {
    var event = ServerSentEvent.read(bytes.toArrayUnsafe());
    return switch (reader.read(event)) {
      case PASS -> {
        if (held.isEmpty()) {
          yield ByteString.fromArrayUnsafe(reader.passing(event));
        }
        hold(event);
        yield fits() ? NOTHING : overflow();
      }
      case HOLD -> {
        hold(event);
        yield fits() ? NOTHING : overflow();
      }
      case DECIDE -> {
        hold(event);
        ask(null);
        yield NOTHING;
      }
      case ABANDON -> {
        letGo();
        yield ByteString.fromArrayUnsafe(event.raw());
      }
      case DROP -> NOTHING;
    };
  }

  private void hold(ServerSentEvent event) {
    event.forgetJson();
    held.add(event);
    heldBytes += event.raw().length;
  }

  private void ask(@Nullable String refusal) {
    question = reader.calls().stream().map(each -> each.proposed(refusal)).toList();
  }

  private boolean fits() {
    return memory.fits(heldBytes + unfinished.size() + waiting.size());
  }

  /** What is held already is put on record as denied; nothing of it ever goes out. */
  private ByteString overflow() {
    if (broken != null) {
      return NOTHING;
    }
    if (reader.calls().isEmpty()) {
      return cut(Cut.TOO_LARGE, tooLarge());
    }
    try {
      ask(tooLarge());
    } catch (Unintelligible e) {
      return cut(Cut.NOT_UNDERSTOOD, notUnderstood(e));
    }
    afterwards = Cut.TOO_LARGE;
    unfinished = NOTHING;
    letGo();
    return NOTHING;
  }

  private String tooLarge() {
    return "more than %d bytes, or more than there is room for, would have to be held back"
        .formatted(limit);
  }

  private static String notUnderstood(Unintelligible why) {
    return "the reply cannot be checked for tool calls: " + why.why();
  }

  @Override
  public ByteString decided(List<CallVerdict> verdicts) {
    ProposedCall.requireFit(Objects.requireNonNull(question, "nothing was asked"), verdicts);
    var calls = reader.calls();
    for (int i = 0; i < verdicts.size(); i++) {
      calls.get(i).isJudged(verdicts.get(i));
    }
    question = null;
    if (afterwards != null) {
      return cut(afterwards, Explanation.ofAll(calls));
    }
    var out = new Output();
    try {
      reader.release(held, out);
    } catch (Unintelligible e) {
      return cut(Cut.NOT_UNDERSTOOD, notUnderstood(e));
    }
    letGo();
    var rest = waiting;
    waiting = NOTHING;
    var released = out.toByteString().concat(feed(rest));
    return ended && question == null && broken == null ? released.concat(finish()) : released;
  }

  @Override
  public ByteString finish() {
    ended = true;
    if (question != null || broken != null) {
      return NOTHING;
    }
    ByteString out = NOTHING;
    if (!unfinished.isEmpty()) {
      var last = unfinished;
      unfinished = NOTHING;
      // Some readers take what is left at the end for an event, by the standard it is none.
      boolean plain = !scanner.mayMatter() && held.isEmpty() && !reader.seesAll();
      out = plain ? last : handled(last);
    }
    if (question == null && broken == null && !held.isEmpty()) {
      out = out.concat(askAtEnd());
    }
    if (question == null) {
      memory.giveBack();
    }
    return out;
  }

  private ByteString askAtEnd() {
    if (!reader.isWholeAtEnd()) {
      return cut(Cut.UNFINISHED, "the reply ended in the middle of a tool call");
    }
    try {
      ask(null);
      return NOTHING;
    } catch (Unintelligible e) {
      return cut(Cut.NOT_UNDERSTOOD, notUnderstood(e));
    }
  }

  private ByteString cut(Cut why, String message) {
    close();
    broken = why;
    complaint = message;
    return ByteString.fromArrayUnsafe(reader.error("Redoubt: " + message));
  }

  private void letGo() {
    held.clear();
    heldBytes = 0;
    memory.giveBack();
  }

  @Override
  public void close() {
    letGo();
    question = null;
    unfinished = NOTHING;
    waiting = NOTHING;
  }

  @Override
  public @Nullable List<ProposedCall> question() {
    return question;
  }

  @Override
  public @Nullable Cut broken() {
    return broken;
  }

  @Override
  public String complaint() {
    return complaint;
  }

  @Override
  public boolean isDocument() {
    return false;
  }

  @Override
  public boolean holds() {
    return question != null || !held.isEmpty();
  }

  @Override
  public ByteString keepAlive() {
    return broken == null ? ByteString.fromArrayUnsafe(reader.keepAlive()) : NOTHING;
  }
}
