package io.redoubt.cli.session;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.json.Json;
import java.io.IOException;

/** Reads what calls are made with: every digit of it, since whoever wrote it means it. */
public final class ExactObject {
  public static final int MOST_BYTES = 1 << 20;

  private static final ObjectReader EXACTLY =
      Json.STRICT.readerFor(JsonNode.class).with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private ExactObject() {}

  /** The same, as enclaves send it on and show it to policies. */
  public static ObjectNode canonical(ObjectNode read) {
    return parse(CanonicalJson.write(read), "values");
  }

  /**
   * The JSON object that this is; anything else is wrong usage.
   *
   * @param what it is, such as {@code arguments}, for whoever wrote it
   */
  public static ObjectNode parse(byte[] json, String what) {
    try {
      if (json.length > MOST_BYTES) {
        throw CommandFailure.usage("The " + what + " are longer than 1 MiB.");
      }
      if (EXACTLY.readTree(json) instanceof ObjectNode object) {
        return object;
      }
      throw CommandFailure.usage("The " + what + " are no JSON object.");
    } catch (JacksonException e) {
      throw CommandFailure.usage("The " + what + " are not JSON: " + e.getOriginalMessage() + ".");
    } catch (NumberFormatException | ArithmeticException e) {
      throw CommandFailure.usage("The " + what + " hold a number that is too large.");
    } catch (IOException e) {
      throw CommandFailure.usage("The " + what + " are not UTF-8.");
    }
  }
}
