package io.redoubt.proxy.llm.reply;

import io.redoubt.content.EffectiveContentPolicy;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import org.apache.pekko.util.ByteString;

/** Guards the texts of a reply that is one document, which goes out at its end, or not at all. */
final class DocumentTexts extends TextGuard implements Texts.Sink {
  private final String noLogprobs;
  private ByteString held = NOTHING;
  private final Edits edits = new Edits();

  DocumentTexts(Style style, Inspector inspector, EffectiveContentPolicy policy) {
    super(inspector, policy);
    this.noLogprobs = style == Style.RESPONSES ? "[]" : "null";
  }

  @Override
  public ByteString feed(ByteString passed) {
    held = held.concat(passed);
    return NOTHING;
  }

  @Override
  public ByteString finish() {
    var all = held;
    held = NOTHING;
    if (all.isEmpty()) {
      return all;
    }
    try {
      Texts.each(JsonSpan.parse(all.toArrayUnsafe()), "", this);
    } catch (Unintelligible _) {
      stop(Stop.NOT_UNDERSTOOD);
    }
    if (stopped() != null) {
      return NOTHING;
    }
    return edits.isEmpty() ? all : ByteString.fromArrayUnsafe(edits.applyTo(all.toArrayUnsafe()));
  }

  @Override
  public void text(JsonSpan string, String place, boolean isPiece) {
    var text = redacted(string.text());
    if (!text.equals(string.text())) {
      edits.replace(string, ReplyJson.quoted(text));
    }
  }

  @Override
  public void logprobs(JsonSpan value) {
    if (!value.is(JsonSpan.Kind.NULL)) {
      edits.replace(value, noLogprobs);
    }
  }
}
