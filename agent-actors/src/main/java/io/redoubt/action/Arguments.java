package io.redoubt.action;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.ClusterMessage;
import io.redoubt.protocol.json.ExactJson;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a call, read strictly: what two readers could understand differently is refused,
 * since one of them is the tool. A call with refused arguments is denied. Sent from node to node as
 * they came, and read once on each.
 */
public final class Arguments implements ClusterMessage {
  /** Most bytes. */
  public static final int MAX_BYTES = 1 << 20;

  private static final ObjectReader READER =
      Json.STRICT.readerFor(JsonNode.class).with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private static final byte[] NOTHING = {};

  public static final Arguments NONE = new Arguments(NOTHING, null, Json.STRICT.createObjectNode());

  @JsonProperty private final byte[] json;
  @JsonProperty private final @Nullable String refusal;
  private final ObjectNode values;

  private Arguments(byte[] json, @Nullable String refusal, ObjectNode values) {
    this.json = json;
    this.refusal = refusal;
    this.values = values;
  }

  @JsonCreator
  static Arguments of(
      @JsonProperty("json") byte @Nullable [] json,
      @JsonProperty("refusal") @Nullable String refusal) {
    return refusal == null && json != null
        ? parse(json)
        : refused(refusal == null ? "not there" : refusal);
  }

  /** Reads a JSON object; no text at all is a call without arguments. */
  public static Arguments parse(byte[] json) {
    if (json.length == 0) {
      return NONE;
    }
    if (json.length > MAX_BYTES) {
      return refused("larger than " + MAX_BYTES + " bytes");
    }
    try {
      JsonNode read = READER.readTree(json);
      if (!(read instanceof ObjectNode object)) {
        return refused("not a JSON object");
      }
      if (ExactJson.hasLargeInteger(object)) {
        return refused("a number beyond 64 bits");
      }
      return ExactJson.hasLongNumber(object)
          ? refused("nested too deep, or with a number too long")
          : new Arguments(json.clone(), null, object);
    } catch (StreamConstraintsException _) {
      return refused("nested too deep, or with a number too long");
    } catch (JsonParseException e) {
      return refused(
          e.getOriginalMessage().startsWith("Duplicate field") ? "a name twice" : "not JSON");
    } catch (NumberFormatException | ArithmeticException _) {
      return refused("a number too large");
    } catch (JsonProcessingException _) {
      return refused("not JSON");
    } catch (IOException _) {
      return refused("not UTF-8");
    }
  }

  /** Those of a call that nobody can decide about, whatever they say. */
  public static Arguments refused(String why) {
    return new Arguments(NOTHING, why, Json.STRICT.createObjectNode());
  }

  /** Why they cannot be judged; null: they can. */
  public @Nullable String refusal() {
    return refusal;
  }

  /** What they say; not to be changed. Nothing where they are refused. */
  public ObjectNode values() {
    return values;
  }

  /** How many bytes they came in. */
  public int size() {
    return json.length;
  }

  /** As they came; not to be changed. */
  public byte[] json() {
    return json;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Arguments that
        && Arrays.equals(json, that.json)
        && Objects.equals(refusal, that.refusal);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(json);
  }

  /** Without what they say: that belongs in no log. */
  @Override
  public String toString() {
    return refusal == null
        ? "Arguments[%d bytes]".formatted(json.length)
        : "Arguments[%s]".formatted(refusal);
  }
}
