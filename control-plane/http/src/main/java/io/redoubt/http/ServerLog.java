package io.redoubt.http;

import org.apache.pekko.event.LoggingAdapter;

/** What Pekko HTTP says of connections, but for errors that are none: {@link CutShortException}. */
final class ServerLog implements LoggingAdapter {
  private final LoggingAdapter log;

  ServerLog(LoggingAdapter log) {
    this.log = log;
  }

  @Override
  public boolean isErrorEnabled() {
    return log.isErrorEnabled();
  }

  @Override
  public boolean isWarningEnabled() {
    return log.isWarningEnabled();
  }

  @Override
  public boolean isInfoEnabled() {
    return log.isInfoEnabled();
  }

  @Override
  public boolean isDebugEnabled() {
    return log.isDebugEnabled();
  }

  @Override
  public void notifyError(String message) {
    log.notifyError(message);
  }

  @Override
  public void notifyError(Throwable cause, String message) {
    if (!(cause instanceof CutShortException)) {
      log.notifyError(cause, message);
    } else if (log.isDebugEnabled()) {
      log.notifyDebug(message);
    }
  }

  @Override
  public void notifyWarning(String message) {
    log.notifyWarning(message);
  }

  @Override
  public void notifyInfo(String message) {
    log.notifyInfo(message);
  }

  @Override
  public void notifyDebug(String message) {
    log.notifyDebug(message);
  }
}
