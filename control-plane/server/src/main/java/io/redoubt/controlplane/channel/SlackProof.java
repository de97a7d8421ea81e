package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Tells Slack's calls from made-up ones, and whose they are: signed with the secret of an
 * organization, over the body as it came, just now, and not heard before.
 */
final class SlackProof {
  static final String TIMESTAMP_HEADER = "x-slack-request-timestamp";
  static final String SIGNATURE_HEADER = "x-slack-signature";

  private static final Channel.Kind SLACK = Channel.Kind.SLACK;
  private static final Pattern TIMESTAMP = Pattern.compile("[0-9]{1,12}");
  private static final Pattern SIGNATURE = Pattern.compile("v0=[0-9a-f]{64}");

  private final Channels channels;
  private final CallbackGate gate;
  private final CallbackRecord record;

  SlackProof(Channels channels, CallbackGate gate, CallbackRecord record) {
    this.channels = channels;
    this.gate = gate;
    this.record = record;
  }

  /** Whose call it is. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Host(
      OrganizationId organization, SlackSettings settings, SlackSecrets secrets, byte[] digest) {}

  /** A call that may be believed, so far as it goes. */
  record Proven(Host host, JsonNode payload) {}

  /**
   * Holds the call against all that it must be. Blocks.
   *
   * @throws ProblemException where it is anything else
   */
  Proven of(Knock knock) {
    String timestamp = knock.header(TIMESTAMP_HEADER);
    String signature = knock.header(SIGNATURE_HEADER);
    if (timestamp == null || signature == null) {
      record.count(SLACK, "unsigned");
      knock.stranger().run();
      throw ProblemException.of(ErrorType.CREDENTIAL_MISSING, "Slack signs its calls.");
    }
    JsonNode payload;
    try {
      payload = SlackCallback.payload(new String(knock.body(), StandardCharsets.UTF_8));
    } catch (SlackCallback.UnreadableException _) {
      record.count(SLACK, "unreadable"); // so nobody knows whose it might be
      knock.stranger().run();
      throw ProblemException.of(ErrorType.CREDENTIAL_INVALID);
    }
    var host = host(payload, timestamp, signature, knock);
    gate.requireRecent(
        SLACK,
        host.organization(),
        Instant.ofEpochSecond(Long.parseLong(timestamp)),
        knock.traceId());
    gate.requireNew(SLACK, host.organization(), host.digest(), knock.traceId());
    return new Proven(host, payload);
  }

  /** The organization whose secret it is signed with. */
  private Host host(JsonNode payload, String timestamp, String signature, Knock knock) {
    String app =
        SlackCallback.appOf(payload)
            .orElseThrow(() -> {
              record.count(SLACK, "forged");
              knock.stranger().run();
              return ProblemException.of(ErrorType.CREDENTIAL_INVALID);
            });
    var candidates = gate.candidates(SLACK, app);
    boolean isWellFormed =
        TIMESTAMP.matcher(timestamp).matches() && SIGNATURE.matcher(signature).matches();
    for (var candidate : isWellFormed ? candidates : List.<CallbackGate.Candidate>of()) {
      byte[] given = HexFormat.of().parseHex(signature, "v0=".length(), signature.length());
      var secrets =
          SlackSecrets.of(channels.openNow(candidate.organization(), SLACK, candidate.sealed()));
      byte[] right = Signatures.slack(secrets.signingSecret().reveal(), timestamp, knock.body());
      if (Signatures.same(right, given)) {
        var settings = Json.LENIENT.convertValue(candidate.settings(), SlackSettings.class);
        return new Host(candidate.organization(), settings, secrets, given);
      }
    }
    if (candidates.isEmpty()) {
      record.count(SLACK, "unknown-app");
    } else {
      knock.stranger().run();
      record.refused(SLACK, candidates, "forged", "not signed by Slack", knock.traceId());
    }
    throw ProblemException.of(ErrorType.CREDENTIAL_INVALID);
  }
}
