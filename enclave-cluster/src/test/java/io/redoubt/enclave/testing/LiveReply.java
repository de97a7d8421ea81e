package io.redoubt.enclave.testing;

import java.io.IOException;
import java.io.InputStream;

/** A reply that is still under way. */
public record LiveReply(int status, InputStream body) implements AutoCloseable {
  /** Reads until something has come. */
  public void awaitFirstByte() throws IOException {
    if (body.read() < 0) {
      throw new AssertionError("the stream ended before it began");
    }
  }

  /** Reads until the stream ends, in whichever way. */
  public void awaitEnd() {
    try {
      body.transferTo(java.io.OutputStream.nullOutputStream());
    } catch (IOException _) {
      // cut in the middle: an end, too
    }
  }

  @Override
  public void close() throws IOException {
    body.close();
  }
}
