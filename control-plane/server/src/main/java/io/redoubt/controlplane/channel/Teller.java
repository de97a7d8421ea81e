package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Says things in channels of one kind. */
interface Teller {

  /**
   * Something to be said, and where.
   *
   * @param secrets of the channel, opened
   * @param shown null: it is a whisper
   * @param begin notes durably that it may be shown from here on
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Job(
      JsonNode settings, byte[] secrets, Notice notice, @Nullable Shown shown, Runnable begin) {

    /** How it stands, which every notice but a whisper has. */
    Shown standing() {
      if (shown == null) {
        throw new IllegalStateException("a whisper shows nothing");
      }
      return shown;
    }
  }

  /** How far it came by one call. */
  sealed interface Step {}

  /**
   * There is more to do.
   *
   * @param where people see it from now on; null: where they did before
   */
  record Further(Notice notice, @Nullable String where) implements Step {}

  /**
   * There is more to do, and one of those who were to be told never will be.
   *
   * @param why with who it is
   */
  record PassedOver(Notice notice, String why) implements Step {}

  /**
   * Nothing is left to say.
   *
   * @param where people see it from now on; null: where they did before
   */
  record Said(Notice notice, @Nullable String where) implements Step {
    Said(Notice notice) {
      this(notice, null);
    }
  }

  /**
   * There is no going on in this channel before a while.
   *
   * @param pause zero: the channel's own back-off
   */
  record Held(Notice notice, String why, Duration pause) implements Step {}

  /**
   * It is not to be said any more.
   *
   * @param state {@code dead}, or {@code missed} where there is no need
   */
  record Ended(String state, String why) implements Step {}

  /** Makes the next call that it takes, and no other. Blocks. */
  Step step(Job job) throws InterruptedException;
}
