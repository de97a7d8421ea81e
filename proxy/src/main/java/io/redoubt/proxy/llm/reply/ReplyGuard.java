package io.redoubt.proxy.llm.reply;

import java.util.List;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the reply of a model and the agent: what carries no tool call goes out as it came
 * and at once; a call goes out only after somebody decided about it.
 *
 * <p>For one reply and one thread at a time. While there is a {@link #question()} nothing more
 * should be read; what is fed all the same is kept and counts towards the limit. Once {@link
 * #broken()} says something, what was just answered is the last that goes out, the provider is to
 * be left, and the client's connection must not end as if the reply were whole.
 */
public sealed interface ReplyGuard permits EventGuard, DocumentGuard {

  /** The protocol of a reply. */
  enum Style {
    /** Anthropic's messages. */
    MESSAGES,
    /** OpenAI's chat completions. */
    CHAT,
    /** OpenAI's responses. */
    RESPONSES
  }

  /** Guards a stream of server-sent events, or else a document. */
  static ReplyGuard of(Style style, boolean events, HoldMemory memory) {
    return events ? new EventGuard(style, memory) : new DocumentGuard(style, memory);
  }

  /** The next bytes of the reply; answers what goes out now. */
  ByteString feed(ByteString chunk);

  /** The reply has come to its proper end; answers what goes out now. */
  ByteString finish();

  /** The calls that wait for their verdicts, all of them together; null: none waits. */
  @Nullable List<ProposedCall> question();

  /**
   * Their verdicts, in the same order; answers what goes out now.
   *
   * @throws IllegalArgumentException if they do not fit, or release what nobody can decide about
   */
  ByteString decided(List<CallVerdict> verdicts);

  /** Why the reply ends here, unfinished; null: it does not. */
  @Nullable Cut broken();

  /** What is wrong with it then, for people; empty: nothing is. */
  String complaint();

  /** Whether nothing at all goes out before the end. */
  boolean isDocument();

  /** Whether anything is held back: the client hears nothing meanwhile. */
  boolean holds();

  /** What may go out now to keep the connection alive, beside the reply; may be empty. */
  ByteString keepAlive();

  /** Gives the memory back; nothing that is held goes out any more. May be called again. */
  void close();

  /** Why a reply is cut. */
  enum Cut {
    /** It cannot be understood in one way only. */
    NOT_UNDERSTOOD("reply-not-understood"),
    /** More had to be held than is allowed. */
    TOO_LARGE("tool-call-too-large"),
    /** The provider ended it in the middle of a call. */
    UNFINISHED("tool-call-unfinished");

    private final String code;

    Cut(String code) {
      this.code = code;
    }

    /** For the outcome and for clients. */
    public String code() {
      return code;
    }
  }
}
