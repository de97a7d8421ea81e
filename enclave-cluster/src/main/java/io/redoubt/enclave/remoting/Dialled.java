package io.redoubt.enclave.remoting;

import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * What the others said last to a connection that this node began. Artery only tries again, so that
 * a node whose certificate nobody accepts would not know why it is not let in.
 */
public final class Dialled {
  private static final String ALERT = "Received fatal alert: ";

  private volatile @Nullable String refusal;

  void failed(SSLException failure) {
    String text = String.valueOf(failure.getMessage());
    int alert = text.indexOf(ALERT);
    if (alert >= 0) {
      refusal = refused(text.substring(alert + ALERT.length()));
    } else if (failure instanceof SSLHandshakeException) {
      refusal = "This node refused their certificate: " + text + ".";
    }
  }

  private static String refused(String alert) {
    return alert.contains("certificate") || alert.equals("unknown_ca")
        ? "They refused this node's certificate (" + alert + ")."
        : "They refused this node's connection (" + alert + ").";
  }

  /** A sentence; empty: none was refused. */
  public Optional<String> refusal() {
    return Optional.ofNullable(refusal);
  }
}
