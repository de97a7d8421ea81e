package io.redoubt.policy;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a call, read strictly: what two readers could understand differently is refused,
 * since one of them is the tool. A call with refused arguments is denied.
 */
public final class Arguments {
  /** Most bytes. */
  public static final int MAX_BYTES = 1 << 20;

  public static final Arguments NONE = new Arguments(Json.STRICT.createObjectNode(), null);

  private static final ObjectReader READER =
      Json.STRICT.readerFor(JsonNode.class).with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private final ObjectNode values;
  private final @Nullable String refusal;

  private Arguments(ObjectNode values, @Nullable String refusal) {
    this.values = values;
    this.refusal = refusal;
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
      return read instanceof ObjectNode object
          ? new Arguments(object, null)
          : refused("not a JSON object");
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

  private static Arguments refused(String why) {
    return new Arguments(Json.STRICT.createObjectNode(), why);
  }

  /** Why they cannot be judged; null: they can. */
  public @Nullable String refusal() {
    return refusal;
  }

  ObjectNode values() {
    return values;
  }
}
