package io.redoubt.standalone.server;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.command.Signals;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs one server until the process is told to stop, and then stops it in order. */
final class ServerRun {
  private static final Logger LOG = LoggerFactory.getLogger(ServerRun.class);

  /** Starts the server; may tell by the latch that it has ended by itself. */
  interface Start {
    AutoCloseable with(CountDownLatch stop) throws IOException;
  }

  private ServerRun() {}

  static int untilStopped(Start start) throws Exception {
    var stop = new CountDownLatch(1);
    Signals.on("TERM", _ -> stop.countDown());
    Signals.on("INT", _ -> stop.countDown());
    try (AutoCloseable _ = start.with(stop)) {
      LOG.info("Ready");
      stop.await();
      LOG.info("Stopping");
      return ExitCode.DONE.number();
    } catch (RuntimeException e) {
      LOG.error("Cannot start", e);
      throw new CommandFailure(ExitCode.FAILED, StartFailure.sentence(e), e);
    }
  }
}
