package io.redoubt.singleton;

import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Who holds the enclave's singletons: decided by the database, whatever anybody believes. */
public interface Singletons {
  /**
   * Begins a new tenure, durably. From its answer on the tenure before it writes nothing any more;
   * what that one has under way ends first.
   *
   * @param node who takes it, for people to read
   */
  CompletionStage<Tenure> take(Singleton singleton, String node);

  /** Which node began the last tenure of each; those that nobody has held are left out. */
  CompletionStage<Map<Singleton, String>> holders();
}
