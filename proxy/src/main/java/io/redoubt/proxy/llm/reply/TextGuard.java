package io.redoubt.proxy.llm.reply;

import io.redoubt.content.EffectiveContentPolicy;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.proxy.inspect.Finding;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.Redaction;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Stands behind a {@link ReplyGuard}, where content policy wants texts of replies changed: what it
 * lets out holds nothing that is to be redacted, and ends where something is to be blocked.
 * Arguments of tool calls are not its business, since they are decided as calls.
 *
 * <p>For one reply and one thread at a time. It is fed whole events, or pieces of a document.
 */
public abstract sealed class TextGuard permits EventTexts, DocumentTexts {
  static final ByteString NOTHING = ByteString.emptyByteString();

  private final Inspector inspector;
  private final EffectiveContentPolicy policy;
  private final Map<String, ContentAction> acted = new TreeMap<>();
  private @Nullable Stop stopped;

  TextGuard(Inspector inspector, EffectiveContentPolicy policy) {
    this.inspector = inspector;
    this.policy = policy;
  }

  /** Why a reply is ended. */
  public enum Stop {
    /** Something in it may not pass. */
    BLOCKED,
    /** It cannot be understood in one way only. */
    NOT_UNDERSTOOD
  }

  /** Guards a stream of server-sent events, or else a document. */
  public static TextGuard of(
      Style style, boolean events, Inspector inspector, EffectiveContentPolicy policy) {
    return events
        ? new EventTexts(style, inspector, policy)
        : new DocumentTexts(style, inspector, policy);
  }

  /** What comes next of the reply; answers what goes out now. */
  public abstract ByteString feed(ByteString passed);

  /** The reply is over; answers the rest. */
  public abstract ByteString finish();

  /** Null: nothing speaks against the reply. Otherwise what was just answered is the last of it. */
  public @Nullable Stop stopped() {
    return stopped;
  }

  /** What was found and redacted, or blocked, each once. */
  public Map<String, ContentAction> acted() {
    return acted;
  }

  void stop(Stop why) {
    stopped = why;
  }

  /** What a client is told. */
  String complaint() {
    var blocked =
        acted.entrySet().stream()
            .filter(each -> each.getValue().compareTo(ContentAction.REDACT) > 0)
            .map(Map.Entry::getKey)
            .toList();
    return stopped == Stop.BLOCKED
        ? "content policy blocks what the model has answered (" + String.join(", ", blocked) + ")"
        : "the reply cannot be checked for what content policy forbids";
  }

  Redaction begin() {
    return new Redaction(inspector, this::isKept);
  }

  /** A text that is there as a whole. */
  String redacted(String text) {
    var redaction = begin();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    var out = new ByteArrayOutputStream(bytes.length);
    out.writeBytes(redaction.feed(bytes, 0, bytes.length));
    out.writeBytes(redaction.end());
    note(redaction.take());
    byte[] all = out.toByteArray();
    return Arrays.equals(all, bytes) ? text : new String(all, StandardCharsets.UTF_8);
  }

  private boolean isKept(Finding finding) {
    return action(finding).compareTo(ContentAction.ALERT) > 0;
  }

  private ContentAction action(Finding finding) {
    return policy.action(finding.code(), Direction.REPLY);
  }

  /** Takes note of what was found in a text. */
  void note(List<Finding> findings) {
    for (Finding finding : findings) {
      var action = action(finding);
      if (action.compareTo(ContentAction.ALERT) > 0) {
        acted.put(finding.code(), action);
      }
      if (action.compareTo(ContentAction.REDACT) > 0) {
        stopped = Stop.BLOCKED;
      }
    }
  }
}
