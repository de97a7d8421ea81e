package io.redoubt.multinode.check;

import java.util.Optional;

/**
 * What one call does to a thing that handles one call at a time.
 *
 * @param <S> its state; compared by value
 * @param <C> a call together with its answer
 */
interface Model<S, C> {
  S initial();

  /** The state after the call; empty: in this state that answer is impossible. */
  Optional<S> apply(S state, C call);

  /**
   * What a call of unknown fate is like: two that are equal here do the same in every state, so
   * that whatever one of them explains the one that began earlier explains too.
   */
  default Object kind(C call) {
    return call;
  }

  /** Whether no call changes this state any more. */
  default boolean isFinal(S state) {
    return false;
  }
}
