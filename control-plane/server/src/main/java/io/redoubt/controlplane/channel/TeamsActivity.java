package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the Bot Framework sends, as far as it concerns requests. Of names in it none is believed:
 * who somebody is follows from the object id that their directory has given them.
 */
final class TeamsActivity {
  private static final int MAX_ID = 500;
  private static final int MAX_TYPED = 10_000;
  private static final Pattern ADDRESS = Pattern.compile("[A-Za-z0-9:._-]{1,250}");

  private final JsonNode root;

  private TeamsActivity(JsonNode root) {
    this.root = root;
  }

  /** It is not what the Bot Framework sends. */
  static final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreadableException(String why) {
      super(why, null, false, false);
    }
  }

  /** What was done. */
  sealed interface Act {}

  /**
   * Somebody decides.
   *
   * @param user their object id
   * @param address theirs in the chat, for a word to them alone
   */
  record Decide(String user, String address, Ballot.Choice choice) implements Act {
    Decide with(ObjectNode arguments) {
      return new Decide(
          user,
          address,
          new Ballot.Choice(choice.id(), choice.decision(), choice.reason(), arguments));
    }
  }

  /** Somebody approves other arguments, as they were typed. */
  record Change(Decide approved, String arguments) implements Act {}

  /** Nothing that concerns a request. */
  record Nothing() implements Act {}

  static TeamsActivity of(byte[] body) throws UnreadableException {
    try {
      JsonNode root = Json.LENIENT.readTree(body);
      if (root == null || !root.isObject()) {
        throw new UnreadableException("no object");
      }
      return new TeamsActivity(root);
    } catch (JsonProcessingException _) {
      throw new UnreadableException("not JSON");
    } catch (IOException e) {
      throw new IllegalStateException("bytes can be read", e);
    }
  }

  /** Where its sender wants to be answered; null: it does not say. */
  @Nullable String serviceUrl() {
    return root.path("serviceUrl").textValue();
  }

  /** Which of Microsoft's channels it comes from; null: it does not say. */
  @Nullable String channelId() {
    return root.path("channelId").textValue();
  }

  /** The directory in which all of it happened; empty: not one, or it is said in two ways. */
  Optional<String> tenant() {
    var said =
        Stream.of(
                root.path("channelData").path("tenant").path("id"),
                root.path("conversation").path("tenantId"),
                root.path("from").path("tenantId"))
            .filter(it -> !it.isMissingNode())
            .map(it -> it.asText().toLowerCase(Locale.ROOT))
            .distinct()
            .toList();
    return said.size() == 1 && TeamsSettings.GUID.matcher(said.getFirst()).matches()
        ? Optional.of(said.getFirst())
        : Optional.empty();
  }

  /** What tells it from all others. */
  String id() throws UnreadableException {
    String id = root.path("id").textValue();
    if (id == null || id.isEmpty() || id.length() > MAX_ID) {
      throw new UnreadableException("no id");
    }
    return id;
  }

  /** When it was sent. */
  Instant timestamp() throws UnreadableException {
    try {
      return Instant.parse(root.path("timestamp").asText());
    } catch (DateTimeException _) {
      throw new UnreadableException("no timestamp");
    }
  }

  Act act() throws UnreadableException {
    if (!root.path("type").asText().equals("invoke")
        || !root.path("name").asText().equals("adaptiveCard/action")) {
      return new Nothing(); // the bot was added to a team, somebody speaks to it, and the like
    }
    JsonNode action = root.path("value").path("action");
    JsonNode data = action.path("data");
    return switch (action.path("verb").asText()) {
      case TeamsCards.APPROVE -> decide(data, Decision.APPROVE, TeamsCards.APPROVE_REASON);
      case TeamsCards.DENY -> decide(data, Decision.DENY, TeamsCards.DENY_REASON);
      case TeamsCards.EDIT -> {
        var approved = decide(data, Decision.APPROVE, TeamsCards.EDIT_REASON);
        String arguments = data.path(TeamsCards.EDIT_ARGUMENTS).asText();
        if (arguments.length() > MAX_TYPED) {
          throw new UnreadableException("arguments longer than the field");
        }
        yield new Change(approved, arguments);
      }
      default -> throw new UnreadableException("no button of ours");
    };
  }

  private Decide decide(JsonNode data, Decision decision, String reason)
      throws UnreadableException {
    JsonNode said = data.path(reason);
    if (!(said.isMissingNode() || said.isNull() || said.isTextual())) {
      throw new UnreadableException("the reason is no text");
    }
    JsonNode from = root.path("from");
    String user = from.path("aadObjectId").asText().toLowerCase(Locale.ROOT);
    String address = from.path("id").asText();
    if (!TeamsSettings.GUID.matcher(user).matches() || !ADDRESS.matcher(address).matches()) {
      throw new UnreadableException("nobody of a directory");
    }
    String why = said.isTextual() ? said.asText().strip() : "";
    return new Decide(
        user, address, new Ballot.Choice(id(data.path(TeamsCards.APPROVAL)), decision, why));
  }

  private static ApprovalId id(JsonNode value) throws UnreadableException {
    try {
      return ApprovalId.parse(value.textValue());
    } catch (IllegalArgumentException _) {
      throw new UnreadableException("no request is named");
    }
  }
}
