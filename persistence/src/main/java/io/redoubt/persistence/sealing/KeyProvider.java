package io.redoubt.persistence.sealing;

/** Holds a master key and lends its use, never the key. */
public interface KeyProvider {
  /** Names the master key in use, as the audit and {@code redoubt doctor} show it. */
  String describe();

  /**
   * Wraps a short secret, usually a data key.
   *
   * @param context what it is for; the same is needed to unwrap
   */
  byte[] wrap(byte[] plaintext, String context);

  /**
   * Undoes {@link #wrap}.
   *
   * @throws SealBrokenException if it was changed, or the context or the master key is another
   */
  byte[] unwrap(byte[] wrapped, String context);
}
