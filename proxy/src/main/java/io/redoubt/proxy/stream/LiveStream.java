package io.redoubt.proxy.stream;

import io.redoubt.protocol.id.FamilyId;
import org.jspecify.annotations.Nullable;

/**
 * One thing that an agent has under way. It is registered before the decision about it is asked
 * for, so that a cut between decision and first byte is seen.
 */
public final class LiveStream implements Registration {
  private enum State {
    OPEN,
    CUT,
    CLOSED
  }

  private final LiveStreams.OfAgent owner;
  private final FamilyId family;
  private State state = State.OPEN;
  private @Nullable Runnable onCut;

  LiveStream(LiveStreams.OfAgent owner, FamilyId family) {
    this.owner = owner;
    this.family = family;
  }

  FamilyId family() {
    return family;
  }

  /** Whether it was cut: nothing may go out any more. */
  public synchronized boolean isCut() {
    return state == State.CUT;
  }

  /** Runs the action when this is cut, at once if it was; the last action given is the one run. */
  public void onCut(Runnable action) {
    synchronized (this) {
      onCut = action;
      if (state != State.CUT) {
        return;
      }
    }
    action.run();
  }

  /** Cuts it; false if it was over, or cut before. */
  boolean cut() {
    Runnable action;
    synchronized (this) {
      if (state != State.OPEN) {
        return false;
      }
      state = State.CUT;
      action = onCut;
    }
    if (action != null) {
      action.run();
    }
    return true;
  }

  /** It is over; may be called again. One that was cut stays cut, for whoever asks late. */
  public void close() {
    synchronized (this) {
      if (state == State.OPEN) {
        state = State.CLOSED;
      }
      onCut = null;
    }
    owner.remove(this);
  }
}
