package io.redoubt.proxy.llm;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.text.Utf8;
import io.redoubt.proxy.decide.Refusal;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What must be known of a request's body to decide about it: a few members of its top level, and
 * whether it refers to anything outside, read without building the rest. The rest is checked to be
 * JSON and otherwise left alone.
 *
 * @param usageSplice how to ask for usage where the client did not; null: nothing to change
 * @param extent what bounds the call
 * @param tools that it declares
 */
record RequestFacts(
    String model,
    boolean streams,
    @Nullable Splice usageSplice,
    RequestExtent extent,
    DeclaredTools tools) {

  private static final int MAX_MODEL = 256;

  /** Takes texts of any length, and builds none that nobody asks for. */
  static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(200)
                  .maxNumberLength(1000)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  /** A body that is refused, and how. */
  static final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Refusal refusal;

    UnreadableException(Refusal refusal) {
      super(refusal.code(), null, false, false);
      this.refusal = refusal;
    }

    Refusal refusal() {
      return refusal;
    }
  }

  /** Reads a whole body of such a call. */
  static RequestFacts read(LlmOperation operation, byte[] body) throws UnreadableException {
    // Jackson takes what no reader should for characters, and who looks for findings does not.
    if (!beginsAsUtf8Object(body) || !Utf8.isWellFormed(body)) {
      throw new UnreadableException(Refusal.BODY_MALFORMED);
    }
    try (var parser = JSON.createParser(body)) {
      return new Reader(operation, body, parser).read();
    } catch (JacksonException _) {
      throw new UnreadableException(Refusal.BODY_MALFORMED);
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  /** Jackson would guess UTF-16 and UTF-32 as well, which an upstream may read differently. */
  private static boolean beginsAsUtf8Object(byte[] body) {
    int i = 0;
    while (i < body.length
        && (body[i] == ' ' || body[i] == '\n' || body[i] == '\r' || body[i] == '\t')) {
      i++;
    }
    return i + 1 < body.length && body[i] == '{' && body[i + 1] != 0;
  }

  private static final class Reader {
    private final byte[] body;
    private final JsonParser parser;
    private @Nullable String model;
    private boolean streams;
    private boolean seenStream;
    private boolean seenOptions;
    private @Nullable Splice splice;
    private final RequestExtent.Reader extent;
    private final RequestTools tools = new RequestTools();

    Reader(LlmOperation operation, byte[] body, JsonParser parser) {
      this.body = body;
      this.parser = parser;
      this.extent = new RequestExtent.Reader(operation);
    }

    RequestFacts read() throws IOException, UnreadableException {
      parser.nextToken();
      int start = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
      splice = Splice.insert(start + 1, "\"stream_options\":{\"include_usage\":true},");
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (name) {
          case "model" -> readModel(value);
          case "stream" -> readStream(value);
          case "stream_options" -> readOptions(value);
          default -> {
            // Some upstreams match names in any case, and would see another model than we do.
            if (name.equalsIgnoreCase("model")) {
              throw new UnreadableException(Refusal.MODEL_MISSING);
            }
            int at = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
            extent.read(name, value, parser);
            if (RequestTools.areIn(name)) {
              readTools(name, value, at);
            }
          }
        }
      }
      if (parser.nextToken() != null) {
        throw new UnreadableException(Refusal.BODY_MALFORMED);
      }
      if (model == null) {
        throw new UnreadableException(Refusal.MODEL_MISSING);
      }
      return new RequestFacts(model, streams, splice, extent.done(), tools.done());
    }

    /** Once more, and for something else: it is a small part of the body as a rule. */
    private void readTools(String name, JsonToken value, int at) throws IOException {
      if (!value.isStructStart()) {
        tools.read(name, value, parser);
        return;
      }
      try (var again = JSON.createParser(body, at, body.length - at)) {
        tools.read(name, again.nextToken(), again);
      }
    }

    private void readModel(JsonToken value) throws IOException, UnreadableException {
      if (model != null || value != JsonToken.VALUE_STRING) {
        throw new UnreadableException(Refusal.MODEL_MISSING);
      }
      String text = parser.getText();
      if (text.isEmpty()
          || text.length() > MAX_MODEL
          || text.chars().anyMatch(c -> c < ' ' || c > '~')) {
        throw new UnreadableException(Refusal.MODEL_MISSING);
      }
      model = text;
    }

    private void readStream(JsonToken value) throws UnreadableException {
      if (seenStream) {
        throw new UnreadableException(Refusal.BODY_MALFORMED);
      }
      seenStream = true;
      streams =
          switch (value) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE, VALUE_NULL -> false;
            default -> throw new UnreadableException(Refusal.BODY_MALFORMED);
          };
    }

    private void readOptions(JsonToken value) throws IOException, UnreadableException {
      if (seenOptions) {
        throw new UnreadableException(Refusal.BODY_MALFORMED);
      }
      seenOptions = true;
      int start = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
      if (value == JsonToken.VALUE_NULL) {
        splice = Splice.replace(start, "null".length(), "{\"include_usage\":true}");
        return;
      }
      if (value != JsonToken.START_OBJECT) {
        splice = null; // the upstream will say what is wrong with it
        parser.skipChildren();
        return;
      }
      boolean seenUsage = false;
      boolean empty = true;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        empty = false;
        boolean isUsage = parser.currentName().equals("include_usage");
        JsonToken option = parser.nextToken();
        if (isUsage) {
          if (seenUsage) {
            throw new UnreadableException(Refusal.BODY_MALFORMED);
          }
          seenUsage = true;
          int at = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
          splice =
              switch (option) {
                case VALUE_FALSE -> Splice.replace(at, "false".length(), "true");
                case VALUE_NULL -> Splice.replace(at, "null".length(), "true");
                default -> null;
              };
        }
        parser.skipChildren();
      }
      if (!seenUsage) {
        splice = Splice.insert(start + 1, "\"include_usage\":true" + (empty ? "" : ","));
      }
    }
  }
}
