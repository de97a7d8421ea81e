package io.redoubt.standalone.logging;

import ch.qos.logback.core.status.Status;
import ch.qos.logback.core.status.StatusListener;

/** Says on standard error that the log itself is broken, which no log line could. */
public final class LogTrouble implements StatusListener {
  @Override
  public void addStatusEvent(Status status) {
    if (status.getLevel() == Status.ERROR) {
      System.err.println("redoubt: the log is broken: " + status.getMessage());
    }
  }
}
