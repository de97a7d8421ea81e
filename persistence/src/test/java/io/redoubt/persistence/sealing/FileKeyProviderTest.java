package io.redoubt.persistence.sealing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileKeyProviderTest {
  private static final byte[] SECRET = "a data key".getBytes(StandardCharsets.UTF_8);

  @TempDir Path directory;

  @Test
  void theKeyIsMadeOnceForItsOwnerOnly() throws IOException {
    Path file = directory.resolve("keys/master.key");

    byte[] wrapped = FileKeyProvider.openOrCreate(file).wrap(SECRET, "context");

    assertThat(FileKeyProvider.openOrCreate(file).unwrap(wrapped, "context")).isEqualTo(SECRET);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(file).hasSize(32);
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aKeyThatOthersMayReadIsRefused() throws IOException {
    Path file = directory.resolve("master.key");
    FileKeyProvider.openOrCreate(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

    assertThatIllegalStateException()
        .isThrownBy(() -> FileKeyProvider.openOrCreate(file))
        .withMessageContaining("can be used by others");
  }

  @Test
  void aLinkToAKeyIsRefused() throws IOException {
    Path file = directory.resolve("master.key");
    FileKeyProvider.openOrCreate(file);
    Path link = Files.createSymbolicLink(directory.resolve("link.key"), file);

    assertThatIllegalStateException().isThrownBy(() -> FileKeyProvider.openOrCreate(link));
  }

  @Test
  void aKeyOfTheWrongLengthIsRefused() throws IOException {
    Path file = directory.resolve("master.key");
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));

    assertThatIllegalStateException()
        .isThrownBy(() -> FileKeyProvider.openOrCreate(file))
        .withMessageContaining("32 bytes");
  }

  @Test
  void nothingUnwrapsInAnotherContextOrUnderAnotherKeyOrChanged() {
    var provider = FileKeyProvider.openOrCreate(directory.resolve("one.key"));
    var other = FileKeyProvider.openOrCreate(directory.resolve("two.key"));
    byte[] wrapped = provider.wrap(SECRET, "context");

    assertThatThrownBy(() -> provider.unwrap(wrapped, "elsewhere"))
        .isInstanceOf(SealBrokenException.class);
    assertThatThrownBy(() -> other.unwrap(wrapped, "context"))
        .isInstanceOf(SealBrokenException.class);
    for (int i = 0; i < wrapped.length; i++) {
      byte[] changed = wrapped.clone();
      changed[i] ^= 1;
      assertThatThrownBy(() -> provider.unwrap(changed, "context"))
          .isInstanceOf(SealBrokenException.class);
    }
  }
}
