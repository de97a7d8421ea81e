package io.redoubt.controlplane.channel;

import java.util.List;
import java.util.Optional;

/** A chat that people are told in, opened for one notice. Each of its methods is one call. */
interface Chat {

  /** Shows a request in a message of its own. */
  Outcome<Notice.Place> post(Shown shown) throws InterruptedException;

  /**
   * Looks for a message that somebody may have posted and could not say so any more. Empty also
   * where the chat does not let anybody look: then the request is shown again.
   */
  Outcome<Optional<Notice.Place>> find(Notice notice) throws InterruptedException;

  /** Shows how the request stands now, in the same message. */
  Outcome<Notice.Place> update(Notice.Place place, Shown shown) throws InterruptedException;

  /** Writes down history below the message. */
  Outcome<Notice.Place> reply(Notice.Place place, List<String> lines) throws InterruptedException;

  /** Says something to one person. */
  Outcome<Boolean> whisper(String user, String text) throws InterruptedException;

  /** Whether a refusal to change a message means that the message is gone. */
  boolean isGone(String why);

  /** Whether it is where requests are not shown any more, and where there is no getting to. */
  boolean isElsewhere(Notice.Place place, String why);
}
