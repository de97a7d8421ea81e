package io.redoubt.standalone.tour;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged product with TLS from end to end. */
class TlsIT {
  @TempDir Path directory;

  private Product product;

  @BeforeEach
  void unpack() {
    product = new Product(directory);
  }

  @AfterEach
  void goDown() {
    product.type("down");
  }

  @Test
  void withTlsEveryAddressIsHttpsAndCommandsTrustItsAuthority() throws IOException {
    var said = product.up("--tls");

    assertThat(said.code()).as(said.toString()).isZero();
    assertThat(product.runtime().controlPlaneUrl()).hasScheme("https");
    assertThat(product.runtime().enclaves().getFirst().actingUrl()).hasScheme("https");
    var run =
        product.type(
            "run",
            "--agent",
            "a",
            "--create",
            "--",
            "sh",
            "-c",
            "curl -sS -f $OPENAI_BASE_URL/models -H \"authorization: Bearer $OPENAI_API_KEY\"");
    assertThat(run.code()).as(run.toString()).isZero();
    assertThat(run.out()).contains("gpt-demo");
  }

  @Test
  void anotherAddressThanLoopbackIsRefusedWithoutTls() {
    var said = product.up("--bind", "0.0.0.0");

    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err()).contains("--tls");
  }
}
