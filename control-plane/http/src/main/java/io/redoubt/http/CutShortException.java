package io.redoubt.http;

/**
 * A body that ends early on purpose: its connection breaks, so that nobody takes what came of it
 * for whole. Who cut it has said so where it belongs; an isolate of an agent with a hundred streams
 * is not a hundred errors in the log.
 */
public class CutShortException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Without a trace: where it was thrown says nothing. */
  public CutShortException(String message) {
    super(message, null, false, false);
  }
}
