package io.redoubt.cli;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Commands are typed on a machine that is logged in to a control plane: both of the test's own. */
abstract class LoggedIn {
  @TempDir Path home;

  FakeServer server;
  TestMachine machine;

  @BeforeEach
  void logIn() {
    server = FakeServer.controlPlane();
    machine = new TestMachine(home).loggedInTo(server);
  }

  @AfterEach
  void end() {
    server.close();
  }
}
