package io.redoubt.standalone.logging;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.joran.spi.JoranException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where log lines go. A client command has none; a server writes JSON, in which nothing that looks
 * like one of our secrets survives (a net under the rule that none is logged).
 */
public final class Logging {
  private Logging() {}

  /** Lines go to files of bounded size, and warnings in short to standard error too. */
  public static void toFiles(Path directory, String name) {
    configure(
        "logging-files.xml", Map.of("redoubt.logs", directory.toString(), "redoubt.log", name));
  }

  /**
   * Nothing goes to standard error any more: nobody watches a process in the background, and what
   * it wrote there would grow without a bound.
   */
  public static void filesOnly() {
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.getLogger(Logger.ROOT_LOGGER_NAME).detachAppender("STDERR");
  }

  /** Lines go to standard output, for whoever collects them there. */
  public static void toStandardOutput() {
    configure("logging-stdout.xml", Map.of());
  }

  private static void configure(String resource, Map<String, String> properties) {
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    properties.forEach(context::putProperty);
    var configurator = new JoranConfigurator();
    configurator.setContext(context);
    URL configuration = Objects.requireNonNull(Logging.class.getResource(resource), resource);
    try {
      configurator.doConfigure(configuration);
    } catch (JoranException e) {
      throw new IllegalStateException("logging cannot be set up", e);
    }
  }
}
