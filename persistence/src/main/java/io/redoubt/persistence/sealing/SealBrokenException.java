package io.redoubt.persistence.sealing;

/**
 * What is sealed does not open: it was changed, moved to another row, or sealed under another key.
 * Says no more than that.
 */
public final class SealBrokenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SealBrokenException(String message) {
    super(message);
  }

  public SealBrokenException(String message, Throwable cause) {
    super(message, cause);
  }
}
