package io.redoubt.lease;

/**
 * A node verifies, decides, acts and streams only while it has heard from a majority a moment ago,
 * and has applied what they know to be stopped. So whoever was stopped elsewhere is stopped here
 * too once that moment is over, whatever became of this node (G2, G3).
 */
@FunctionalInterface
public interface Lease {
  /** As cheap as reading a clock: asked before every byte that goes out. */
  boolean held();
}
