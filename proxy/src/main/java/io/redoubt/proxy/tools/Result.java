package io.redoubt.proxy.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.proxy.decide.ContentInForce;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.inspect.JsonInspection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * What an API answered, as the agent gets it: JSON as it is, other text as one text, and what is no
 * text in Base64.
 *
 * @param body a JSON value, as it goes out
 * @param binary whether it is Base64
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Result(int status, String mediaType, byte[] body, boolean binary) {
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};

  static Result of(int status, String mediaType, ByteString body) {
    byte[] bytes = body.toArray();
    if (bytes.length == 0) {
      return new Result(status, mediaType, NULL, false);
    }
    var value = isJson(mediaType) ? value(bytes) : null;
    if (value != null) {
      // Nothing but white space is no value, and would leave none where one has to stand.
      return new Result(status, mediaType, value.isMissingNode() ? NULL : bytes, false);
    }
    try {
      var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return new Result(status, mediaType, Json.write(text), false);
    } catch (CharacterCodingException _) {
      return new Result(
          status, mediaType, Json.write(Base64.getEncoder().encodeToString(bytes)), true);
    }
  }

  private static boolean isJson(String mediaType) {
    return mediaType.equals("application/json") || mediaType.endsWith("+json");
  }

  /** What every reader takes for the same value; null: it is not such, and is told as text. */
  private static @Nullable JsonNode value(byte[] bytes) {
    try {
      return Json.STRICT.readTree(bytes);
    } catch (JsonProcessingException _) {
      return null;
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  /** What becomes of it: what was found, and why it is kept from the agent; null: it is not. */
  record Checked(Result result, Inspected found, @Nullable Refusal refusal) {}

  /** Looks through it, and does what content policy wants. */
  Checked checked(ContentInForce content, JsonInspection.Limits limits) {
    boolean enforced = content.enforcesInReply();
    if (binary) {
      return new Checked(
          this,
          Inspected.not(Inspected.REPLY, "undecodable"),
          enforced ? Refusal.CONTENT_NOT_INSPECTED : null);
    }
    var seen = JsonInspection.of(content.inspector(), limits, Inspected.REPLY, body);
    var found = Inspected.reply(content.inspector(), seen, List.of());
    found = found.after(content.alerts(found.findings()));
    if (!enforced) {
      return new Checked(this, found, null);
    }
    if (found.isPartial()) {
      return new Checked(this, found, Refusal.CONTENT_NOT_INSPECTED);
    }
    return enforced(content, limits, seen.codes(), found);
  }

  private Checked enforced(
      ContentInForce content, JsonInspection.Limits limits, List<String> codes, Inspected found) {
    var acts = new ArrayList<Coverage.Act>();
    boolean blocks = false;
    boolean redacts = false;
    for (String code : codes) {
      var action = content.policy().action(code, Direction.REPLY);
      if (action.compareTo(ContentAction.ALERT) > 0) {
        acts.add(content.inReply(code, action));
        blocks |= action.compareTo(ContentAction.REDACT) > 0;
        redacts |= action == ContentAction.REDACT;
      }
    }
    var told = found.after(acts);
    if (blocks) {
      return new Checked(this, told, Refusal.REPLY_BLOCKED);
    }
    if (!redacts) {
      return new Checked(this, told, null);
    }
    return JsonInspection.redacted(
            content.inspector(),
            limits,
            body,
            finding ->
                content.policy().action(finding.code(), Direction.REPLY) == ContentAction.REDACT)
        .map(rest -> new Checked(new Result(status, mediaType, rest, false), told, null))
        .orElseGet(() -> new Checked(this, told, Refusal.CONTENT_NOT_REDACTED));
  }

  /** The value itself, to be written as it is. */
  RawValue raw() {
    return new RawValue(new String(body, StandardCharsets.UTF_8));
  }
}
