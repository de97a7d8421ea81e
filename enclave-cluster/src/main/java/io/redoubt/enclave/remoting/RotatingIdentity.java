package io.redoubt.enclave.remoting;

import io.redoubt.protocol.id.EnclaveId;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's identity as its files have it now. They are looked at when a connection is made, so a
 * certificate is renewed by replacing files; connections that stand keep the one they began with.
 */
final class RotatingIdentity {
  private static final Logger LOG = LoggerFactory.getLogger(RotatingIdentity.class);

  private final NodeFiles files;
  private final EnclaveId enclave;
  private final Duration checkEvery;
  private byte[] fingerprint;
  private long lookedAt;
  private volatile NodeIdentity current;
  private @Nullable String trouble;

  /**
   * Reads the files for the first time.
   *
   * @throws IllegalStateException with a plain sentence where they are no identity
   */
  RotatingIdentity(NodeFiles files, EnclaveId enclave, Duration checkEvery) {
    this.files = files;
    this.enclave = enclave;
    this.checkEvery = checkEvery;
    try {
      this.fingerprint = files.fingerprint();
      this.current = NodeIdentity.read(files, enclave);
      this.lookedAt = System.nanoTime();
    } catch (IOException e) {
      throw new IllegalStateException(
          "The node has no certificate for its cluster: " + e.getMessage(), e);
    }
  }

  synchronized NodeIdentity current() {
    long now = System.nanoTime();
    if (now - lookedAt >= checkEvery.toNanos()) {
      lookedAt = now;
      look();
    }
    return current;
  }

  /** Files are replaced one after the other: what does not fit together yet is left for later. */
  private void look() {
    try {
      byte[] seen = files.fingerprint();
      if (!Arrays.equals(seen, fingerprint)) {
        NodeIdentity fresh = NodeIdentity.read(files, enclave);
        fingerprint = seen;
        current = fresh;
        LOG.info(
            "The node has a new certificate for its cluster, good until {}",
            fresh.certificate().getNotAfter().toInstant());
      }
      trouble = null;
    } catch (IOException e) {
      String text = String.valueOf(e.getMessage());
      if (!text.equals(trouble)) {
        trouble = text;
        LOG.warn("The node keeps its certificate, since the new one cannot be used: {}", text);
      }
    }
  }
}
