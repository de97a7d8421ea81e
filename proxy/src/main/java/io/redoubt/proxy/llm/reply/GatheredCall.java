package io.redoubt.proxy.llm.reply;

import io.redoubt.action.Arguments;
import io.redoubt.approval.ApprovalRequest.Form;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.text.PlainText;
import io.redoubt.proxy.llm.reply.ProposedCall.Executor;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A tool call of which the pieces come in one by one. */
final class GatheredCall {
  private static final int MAX_NAME = 256;

  private final Executor executor;
  private final boolean plainText;
  private final StringBuilder arguments = new StringBuilder();
  private String id = "";
  private String tool;
  private @Nullable JsonSpan given;
  private Set<String> leftOut = Set.of();
  private boolean whole;
  private boolean itself;
  private @Nullable CallVerdict verdict;

  /**
   * @param plainText whether the tool takes text, not JSON
   */
  GatheredCall(String tool, Executor executor, boolean plainText) {
    this.tool = tool;
    this.executor = executor;
    this.plainText = plainText;
  }

  Executor executor() {
    return executor;
  }

  boolean takesText() {
    return plainText;
  }

  String tool() {
    return tool;
  }

  /** Readers differ in what they make of a second name, or id: there may be one only. */
  void isCalled(String name) {
    if (!name.isEmpty()) {
      if (!tool.isEmpty()) {
        throw new Unintelligible("a tool call has two names");
      }
      tool = name;
    }
  }

  void hasId(String another) {
    if (!another.isEmpty()) {
      if (!id.isEmpty() && !id.equals(another)) {
        throw new Unintelligible("a tool call has two ids");
      }
      id = another;
    }
  }

  void append(String piece) {
    arguments.append(piece);
  }

  /** The arguments in one piece; another one must be the same. */
  void comesWith(String all) {
    if (arguments.isEmpty()) {
      arguments.append(all);
    } else if (!all.isEmpty() && !all.contentEquals(arguments)) {
      throw new Unintelligible("a tool call has different arguments in different places");
    }
  }

  /**
   * The arguments as JSON within JSON, byte for byte; another time they must say the same.
   *
   * @param beside what may differ
   * @param results members that are no arguments
   */
  void comesWith(JsonSpan json, String beside, Set<String> results) {
    if (given != null && !given.saysTheSame(json, Set.of(beside))) {
      throw new Unintelligible("a tool call has different arguments in different places");
    }
    given = json;
    leftOut = results;
  }

  void comesWith(JsonSpan json) {
    comesWith(json, "", Set.of());
  }

  /** All of it is what is decided about: nothing of it can be told apart as its arguments. */
  void standsForItself() {
    itself = true;
  }

  void isWhole() {
    whole = true;
  }

  boolean isOpen() {
    return !whole;
  }

  void isJudged(CallVerdict by) {
    verdict = by;
  }

  /** Null: it goes out as it came, or nobody was asked. */
  CallVerdict.@Nullable Denied denied() {
    return verdict instanceof CallVerdict.Denied denied ? denied : null;
  }

  /** What goes out as its arguments: JSON, or the text that its tool takes; null: its own. */
  @Nullable String edited() {
    if (!(verdict instanceof CallVerdict.Edited(var instead))) {
      return null;
    }
    return plainText
        ? instead.values().path("input").textValue()
        : new String(CanonicalJson.write(instead.values()), StandardCharsets.UTF_8);
  }

  /**
   * As somebody is to decide about it.
   *
   * @param refusal why nobody can, whatever it says; null: nothing known
   */
  ProposedCall proposed(@Nullable String refusal) {
    var why = refusal == null ? flaw() : refusal;
    return new ProposedCall(
        id,
        printable(),
        why == null ? arguments() : Arguments.refused(why),
        executor,
        editable(why));
  }

  /** What a provider runs itself it may have run by now; what nobody can read is denied. */
  private @Nullable Form editable(@Nullable String why) {
    if (why != null || itself || executor == Executor.PROVIDER) {
      return null;
    }
    return plainText ? Form.TEXT : Form.OBJECT;
  }

  private @Nullable String flaw() {
    if (tool.isEmpty()) {
      return "it names no tool";
    }
    if (tool.length() > MAX_NAME) {
      return "its name is longer than " + MAX_NAME + " characters";
    }
    if (!tool.equals(printable())) {
      return "its name holds characters that nobody sees";
    }
    return whole ? null : "the reply ended before it was whole";
  }

  private Arguments arguments() {
    try {
      return Arguments.parse(json());
    } catch (CharacterCodingException _) {
      return Arguments.refused("not valid Unicode");
    }
  }

  /** A model chose it, and records are made of it. */
  private String printable() {
    return tool.codePoints()
        .limit(MAX_NAME)
        .map(c -> PlainText.isVisible(c) ? c : '?')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private byte[] json() throws CharacterCodingException {
    if (given != null) {
      if (!arguments.isEmpty()) {
        throw new Unintelligible("a tool call has its arguments in two ways");
      }
      return given.without(leftOut);
    }
    if (plainText) {
      utf8(arguments);
      return ReplyJson.bytes(ReplyJson.object().put("input", arguments.toString()));
    }
    return utf8(arguments);
  }

  /** A half of a surrogate pair would become a question mark. */
  private static byte[] utf8(CharSequence text) throws CharacterCodingException {
    ByteBuffer bytes =
        StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .encode(CharBuffer.wrap(text));
    byte[] all = new byte[bytes.remaining()];
    bytes.get(all);
    return all;
  }
}
