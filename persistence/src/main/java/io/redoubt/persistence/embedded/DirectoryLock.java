package io.redoubt.persistence.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Held by the one process that may run a server in a directory; the kernel frees it on a crash. */
final class DirectoryLock implements AutoCloseable {
  private final FileChannel channel;
  private final FileLock lock;

  private DirectoryLock(FileChannel channel, FileLock lock) {
    this.channel = channel;
    this.lock = lock;
  }

  /** Takes the lock, or is empty where somebody holds it. */
  static Optional<DirectoryLock> tryTake(Path directory) throws IOException {
    var channel =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      var lock = channel.tryLock();
      if (lock != null) {
        return Optional.of(new DirectoryLock(channel, lock));
      }
    } catch (OverlappingFileLockException _) {
      // held in this very process
    }
    channel.close();
    return Optional.empty();
  }

  @Override
  public void close() {
    try (channel) {
      lock.release();
    } catch (IOException _) {
      // the process lets go of it at its end
    }
  }
}
