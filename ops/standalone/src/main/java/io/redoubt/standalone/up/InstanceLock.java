package io.redoubt.standalone.up;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Held while something runs in a data directory. The kernel lets go of it when the process ends,
 * however it ends, so it never lies as a file with a process number in it can.
 */
final class InstanceLock implements AutoCloseable {
  private final FileChannel channel;
  private final FileLock lock;

  private InstanceLock(FileChannel channel, FileLock lock) {
    this.channel = channel;
    this.lock = lock;
  }

  /** Takes the lock; empty where another process holds it. */
  static Optional<InstanceLock> tryTake(Path file) {
    try {
      var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException _) {
        lock = null;
      }
      if (lock == null) {
        channel.close();
        return Optional.empty();
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
      return Optional.of(new InstanceLock(channel, lock));
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILED, file + " cannot be locked: " + e.getMessage(), e);
    }
  }

  /** Who holds a lock that is held; nobody can tell from the file alone whether it is. */
  static Optional<Long> holder(Path file) {
    try {
      String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
      return text.matches("[0-9]{1,9}") ? Optional.of(Long.parseLong(text)) : Optional.empty();
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    try (channel) {
      lock.release();
    } catch (IOException _) {
      // The end of the process lets go of it.
    }
  }
}
