package io.redoubt.standalone.up;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstanceLockTest {
  @TempDir Path directory;

  @Test
  void oneHolderAtATimeAndItIsKnown() {
    Path file = directory.resolve("lock");
    try (InstanceLock _ = InstanceLock.tryTake(file).orElseThrow()) {
      assertThat(InstanceLock.tryTake(file)).isEmpty();
      assertThat(InstanceLock.holder(file)).contains(ProcessHandle.current().pid());
    }

    assertThat(InstanceLock.tryTake(file)).isPresent();
  }
}
