package io.redoubt.controlplane.channel;

import io.redoubt.protocol.id.ApprovalId;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something that is to be said in a channel.
 *
 * @param whisper null: how the request stands
 * @param wanted version of the request that is to be shown
 * @param shown version that is; 0: none
 * @param changes how often it was to be shown anew when this was read, besides for its own steps
 * @param standing what was told of it; null: nothing
 * @param place where it is shown; null: nowhere that is known
 * @param begun whether somebody began to show it, and never said what came of it
 */
record Notice(
    UUID id,
    ApprovalId approval,
    @Nullable Whisper whisper,
    int wanted,
    int shown,
    int changes,
    @Nullable Standing standing,
    @Nullable Place place,
    boolean begun,
    Instant askedAt) {

  /** A word to one person. */
  record Whisper(String user, String text) {}

  /**
   * A message in a chat, or how far mails have come.
   *
   * @param channel or conversation that it is in; what mails are about
   * @param ts what names it there; who has got theirs
   */
  record Place(String channel, String ts) {}

  Notice shownAt(Place place, int version, Standing standing) {
    return new Notice(
        id, approval, whisper, wanted, version, changes, standing, place, begun, askedAt);
  }

  /** The same, with where it is. */
  Notice at(Place place) {
    return new Notice(
        id, approval, whisper, wanted, shown, changes, standing, place, begun, askedAt);
  }

  Notice told(Standing standing) {
    return new Notice(
        id, approval, whisper, wanted, shown, changes, standing, place, begun, askedAt);
  }

  /** It may be shown, and nobody knows where. */
  Notice uncertain() {
    return new Notice(id, approval, whisper, wanted, 0, changes, standing, null, true, askedAt);
  }

  /** What was shown is gone, or nothing was. */
  Notice lost() {
    return new Notice(id, approval, whisper, wanted, 0, changes, standing, null, false, askedAt);
  }
}
