package io.redoubt.proxy.decide;

import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Failures of stages, without the wrapping that stages add. */
public final class Causes {
  private static final Logger LOG = LoggerFactory.getLogger("io.redoubt.proxy.llm");

  private Causes() {}

  public static Throwable of(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** One line: what fails under load fails often. */
  public static void log(String what, Throwable failure) {
    LOG.warn("{}: {}", what, of(failure).toString());
  }

  public static void log(String what, String why) {
    LOG.warn("{}: {}", what, why);
  }

  /** What nobody foresaw, with its trace. */
  public static void logUnforeseen(String what, Throwable failure) {
    LOG.error(what, of(failure));
  }
}
