package io.redoubt.proxy.llm.reply;

import java.util.List;
import java.util.Objects;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** Guards a reply that comes as one document, of which nothing goes out before its end. */
final class DocumentGuard implements ReplyGuard {
  private static final ByteString NOTHING = ByteString.emptyByteString();

  /** Bytes of the widest character that JSON is ever written in. */
  private static final int WIDEST = 4;

  private final Style style;
  private final DocumentReader reader;
  private final HoldMemory.Share memory;
  private final int limit;
  private final EventScanner scanner = new EventScanner();
  private ByteString held = NOTHING;
  private @Nullable JsonSpan reply;
  private List<GatheredCall> calls = List.of();
  private @Nullable List<ProposedCall> question;
  private @Nullable Cut broken;
  private String complaint = "";

  DocumentGuard(Style style, HoldMemory memory) {
    this.style = style;
    this.reader =
        switch (style) {
          case MESSAGES -> new MessagesDocument();
          case CHAT -> new ChatDocument();
          case RESPONSES -> new ResponsesDocument();
        };
    this.memory = memory.share();
    this.limit = memory.perReply();
  }

  @Override
  public ByteString feed(ByteString chunk) {
    if (broken != null) {
      return NOTHING;
    }
    if (!memory.fits((long) held.size() + chunk.size())) {
      return cut(
          Cut.TOO_LARGE, "the reply is larger than " + limit + " bytes, or than there is room for");
    }
    scanner.look(chunk.asByteBuffer(), 0, chunk.size());
    held = held.concat(chunk);
    return NOTHING;
  }

  @Override
  public ByteString finish() {
    if (broken != null || question != null) {
      return NOTHING;
    }
    if (!scanner.mayMatter() && !mayBeWide()) {
      return whole();
    }
    try {
      reply = JsonSpan.parse(held.toArrayUnsafe());
      calls = reader.read(reply);
      if (calls.isEmpty()) {
        return whole();
      }
      question = calls.stream().map(each -> each.proposed(null)).toList();
      return NOTHING;
    } catch (Unintelligible e) {
      return cut(Cut.NOT_UNDERSTOOD, "the reply cannot be checked for tool calls: " + e.why());
    }
  }

  /** Some readers of JSON guess UTF-16 and UTF-32, in which no word looks as it does here. */
  private boolean mayBeWide() {
    for (int i = 0; i < Math.min(WIDEST, held.size()); i++) {
      int b = held.apply(i) & 0xFF;
      if (b == 0 || b >= 0xFE) {
        return true;
      }
    }
    return false;
  }

  private ByteString whole() {
    var all = held;
    close();
    return all;
  }

  @Override
  public ByteString decided(List<CallVerdict> verdicts) {
    ProposedCall.requireFit(Objects.requireNonNull(question, "nothing was asked"), verdicts);
    for (int i = 0; i < verdicts.size(); i++) {
      calls.get(i).isJudged(verdicts.get(i));
    }
    question = null;
    var edits = new Edits();
    reader.edit(Objects.requireNonNull(reply), edits);
    var out =
        edits.isEmpty() ? held : ByteString.fromArrayUnsafe(edits.applyTo(held.toArrayUnsafe()));
    close();
    return out;
  }

  private ByteString cut(Cut why, String message) {
    close();
    broken = why;
    complaint = message;
    return ByteString.fromArrayUnsafe(
        ReplyJson.bytes(
            style == Style.MESSAGES
                ? MessagesCalls.error("Redoubt: " + message)
                : ChatCalls.error("Redoubt: " + message)));
  }

  @Override
  public void close() {
    held = NOTHING;
    reply = null;
    question = null;
    memory.giveBack();
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
    return true;
  }

  @Override
  public boolean holds() {
    return !held.isEmpty();
  }

  /** Nothing: white space would do, but then the head of the reply could not say any more. */
  @Override
  public ByteString keepAlive() {
    return NOTHING;
  }
}
