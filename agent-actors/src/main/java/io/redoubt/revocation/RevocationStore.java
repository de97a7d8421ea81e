package io.redoubt.revocation;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Where revocations outlive nodes: a node that starts or rejoins reads what it missed. */
public interface RevocationStore {
  CompletionStage<Void> add(Revocation revocation);

  /** Everything that must still be refused at {@code now}. */
  CompletionStage<List<Revocation>> standing(Instant now);

  /** Deletes what nobody needs any more; answers how many. */
  CompletionStage<Integer> forget(Instant before);
}
