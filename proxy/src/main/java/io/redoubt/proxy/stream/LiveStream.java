package io.redoubt.proxy.stream;

import io.redoubt.lease.Lease;
import io.redoubt.protocol.id.FamilyId;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One thing that an agent has under way. It is registered before the decision about it is asked
 * for, so that a cut between decision and first byte is seen.
 */
public final class LiveStream implements Registration {
  private final LiveStreams.OfAgent owner;
  private final FamilyId family;
  private final String jti;
  private final Lease lease;
  private boolean closed;
  private volatile @Nullable Cut why;
  private @Nullable Consumer<Cut> onCut;

  LiveStream(LiveStreams.OfAgent owner, FamilyId family, String jti, Lease lease) {
    this.owner = owner;
    this.family = family;
    this.jti = jti;
    this.lease = lease;
  }

  FamilyId family() {
    return family;
  }

  /** Of the access token that it was begun with. */
  String jti() {
    return jti;
  }

  /** Why nothing may go out any more; null while it may. Cheap: asked before every byte. */
  public @Nullable Cut whyCut() {
    // The lease first. A node gets a new one only after it cut what it has to: whoever sees the new
    // one here sees the cut below.
    if (!lease.held()) {
      cut(Cut.LEASE_LOST);
    }
    return why;
  }

  /** Runs the action when this is cut, at once if it was; the last action given is the one run. */
  public void onCut(Consumer<Cut> action) {
    Cut already;
    synchronized (this) {
      onCut = action;
      already = why;
    }
    if (already != null) {
      action.accept(already);
    }
  }

  /** Cuts it; false if it was over, or cut before. */
  boolean cut(Cut because) {
    Consumer<Cut> action;
    synchronized (this) {
      if (closed || why != null) {
        return false;
      }
      why = because;
      action = onCut;
    }
    owner.noteCut(because);
    if (action != null) {
      action.accept(because);
    }
    return true;
  }

  /** It is over; may be called again. One that was cut stays cut, for whoever asks late. */
  public void close() {
    synchronized (this) {
      closed = true;
      onCut = null;
    }
    owner.remove(this);
  }
}
