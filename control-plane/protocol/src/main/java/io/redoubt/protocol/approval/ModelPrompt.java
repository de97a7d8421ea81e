package io.redoubt.protocol.approval;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a call to a model says, as those who decide about it are shown it: an excerpt, in which what
 * a content policy wants redacted is. What they approve is the whole request, byte for byte.
 *
 * @param messages how many there are
 * @param system the beginning of what the model is told beforehand; null: nothing
 * @param user the beginning of what its user says last; null: nothing
 * @param tools names of what it is offered
 * @param cut which of these are not all that there is, such as {@code user}
 * @param bytes how large the request is
 * @param request all of it; null: it is not told here, or too large to be kept
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ModelPrompt(
    int messages,
    @Nullable String system,
    @Nullable String user,
    List<String> tools,
    List<String> cut,
    int bytes,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String request) {
  /** Largest request that is kept for those who want to read all of it. */
  public static final int MAX_REQUEST_BYTES = 256 * 1024;

  public ModelPrompt {
    tools = tools == null ? List.of() : List.copyOf(tools);
    cut = cut == null ? List.of() : List.copyOf(cut);
  }

  /** The same without all of the request. */
  public ModelPrompt excerpt() {
    return new ModelPrompt(messages, system, user, tools, cut, bytes, null);
  }
}
