package io.redoubt.standalone.server;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.command.Signals;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one server until the process is told to stop, and then stops it in order. One that has ended
 * by itself is a failure, so that whoever looks after the process starts it again.
 */
final class ServerRun {
  private static final Logger LOG = LoggerFactory.getLogger(ServerRun.class);

  /** Starts the server; may tell that it has ended by itself. */
  interface Start {
    AutoCloseable with(Runnable ended) throws IOException;
  }

  private ServerRun() {}

  static int untilStopped(Start start) throws Exception {
    var stop = new CountDownLatch(1);
    Signals.on("TERM", _ -> stop.countDown());
    Signals.on("INT", _ -> stop.countDown());
    var broken = new AtomicBoolean();
    Runnable ended =
        () -> {
          broken.set(stop.getCount() > 0);
          stop.countDown();
        };
    try (AutoCloseable _ = start.with(ended)) {
      LOG.info("Ready");
      stop.await();
      if (broken.get()) {
        LOG.error("The server has ended by itself");
        return ExitCode.FAILED.number();
      }
      LOG.info("Stopping");
      return ExitCode.DONE.number();
    } catch (RuntimeException e) {
      if (StartFailure.isForeseen(e)) {
        LOG.error("Cannot start: {}", StartFailure.sentence(e));
      } else {
        LOG.error("Cannot start", e);
      }
      throw new CommandFailure(ExitCode.FAILED, StartFailure.sentence(e), e);
    }
  }
}
