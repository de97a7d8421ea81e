package io.redoubt.proxy.llm;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.pekko.util.ByteString;

/**
 * Withholds the one event of an OpenAI chat stream that the client did not ask for: the usage
 * chunk, whose {@code choices} are empty. Everything else passes as it came; only the beginning of
 * an event waits for its end.
 */
final class UsageChunkFilter {
  /** A usage chunk is far smaller; a longer event passes without a look. */
  private static final int MAX_EVENT = 65_536;

  private static final JsonFactory JSON = new JsonFactory();

  private ByteString held = ByteString.emptyByteString();
  private int lineLength;
  private boolean passing;

  /** What may go on now; may be empty. */
  ByteString pass(ByteString chunk) {
    ByteString data = held.concat(chunk);
    ByteBuffer bytes = data.asByteBuffer();
    ByteString out = ByteString.emptyByteString();
    int eventStart = 0;
    int keptFrom = 0;
    for (int i = held.size(); i < data.size(); i++) {
      byte b = bytes.get(i);
      if (b == '\n') {
        boolean eventEnds = lineLength == 0;
        lineLength = 0;
        if (eventEnds) {
          if (!passing && isUsageOnly(data.slice(eventStart, i + 1))) {
            out = out.concat(data.slice(keptFrom, eventStart));
            keptFrom = i + 1;
          }
          passing = false;
          eventStart = i + 1;
        }
      } else if (b != '\r') {
        lineLength++;
      }
    }
    if (passing || data.size() - eventStart > MAX_EVENT) {
      passing = true;
      eventStart = data.size();
    }
    held = data.drop(eventStart);
    return out.concat(data.slice(keptFrom, eventStart));
  }

  /** What is left when the stream ends in the middle of an event. */
  ByteString rest() {
    ByteString rest = held;
    held = ByteString.emptyByteString();
    return isUsageOnly(rest) ? ByteString.emptyByteString() : rest;
  }

  private static boolean isUsageOnly(ByteString event) {
    String text = event.decodeString(StandardCharsets.UTF_8);
    int usage = text.indexOf("\"usage\"");
    int data = text.startsWith("data:") ? 0 : text.indexOf("\ndata:") + 1;
    if (usage < 0 || !text.startsWith("data:", data)) {
      return false;
    }
    try (var parser = JSON.createParser(text.substring(data + "data:".length()))) {
      boolean noChoices = false;
      boolean hasUsage = false;
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("choices") && value == JsonToken.START_ARRAY) {
          noChoices = parser.nextToken() == JsonToken.END_ARRAY;
          if (!noChoices) {
            return false;
          }
        } else {
          hasUsage |= name.equals("usage") && value == JsonToken.START_OBJECT;
          parser.skipChildren();
        }
      }
      return noChoices && hasUsage;
    } catch (JacksonException _) {
      return false;
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }
}
