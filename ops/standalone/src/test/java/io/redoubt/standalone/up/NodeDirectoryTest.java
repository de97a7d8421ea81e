package io.redoubt.standalone.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeDirectoryTest {
  @TempDir Path path;
  private NodeDirectory node;

  @BeforeEach
  void make() {
    node = NodeDirectory.openOrCreate(path.resolve("node-1"));
  }

  @Test
  void aNodeIsOfThisBuildUnlessItsOwnSettingsNameAnother() throws IOException {
    assertThat(node.launcher()).isEmpty();

    write("redoubt.enclave.drain-notice = 1 s");
    assertThat(node.launcher()).isEmpty();

    write("redoubt.up.launcher = /opt/next/bin/redoubt");
    assertThat(node.launcher()).contains("/opt/next/bin/redoubt");
  }

  @Test
  void whatElseTheSettingsReferToDoesNotMatter() throws IOException {
    write("redoubt { up.launcher = /opt/next/bin/redoubt, enclave.node = ${nowhere.to.be.found} }");

    assertThat(node.launcher()).contains("/opt/next/bin/redoubt");
  }

  @Test
  void settingsThatCannotBeReadAreNamed() throws IOException {
    write("redoubt {");

    assertThatThrownBy(node::launcher)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(node.localSettings().toString());
  }

  private void write(String settings) throws IOException {
    Files.writeString(node.localSettings(), settings);
  }
}
