package io.redoubt.standalone.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * Leaves out what Pekko takes for an error and is none: a reply that was cut or blocked, or whose
 * client went away, breaks its connection so that nobody takes it for whole. Its audit record says
 * how it ended; an isolate of an agent with a hundred streams is not a hundred errors.
 */
public final class DoneOnPurpose extends TurboFilter {
  private static final Pattern BROKEN_OFF =
      Pattern.compile(
          "Response stream for \\[.*] failed with 'the reply was broken off:"
              + " (CUT|CLIENT_GONE|CLIENT_STALLED|CONTENT_BLOCKED)'.*");

  /** In whose name Pekko HTTP speaks of the connections of ours. */
  private static final String SERVER = "io.redoubt.http.HttpServer";

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] arguments,
      @Nullable Throwable failure) {
    boolean onPurpose =
        level == Level.ERROR
            && format != null
            && isPekko(logger.getName())
            && BROKEN_OFF.matcher(format).matches();
    return onPurpose ? FilterReply.DENY : FilterReply.NEUTRAL;
  }

  private static boolean isPekko(String logger) {
    return logger.equals(SERVER) || logger.startsWith("org.apache.pekko.");
  }
}
