package io.redoubt.standalone.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.cli.command.ExitCode;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ServerRunTest {
  /** Whoever looks after the process starts it again only then. */
  @Test
  void aServerThatEndsByItselfHasFailed() throws Exception {
    var closed = new AtomicBoolean();

    int exit =
        ServerRun.untilStopped(ended -> {
          ended.run();
          return () -> closed.set(true);
        });

    assertThat(exit).isEqualTo(ExitCode.FAILED.number());
    assertThat(closed).isTrue();
  }
}
