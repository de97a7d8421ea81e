package io.redoubt.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;

class DestinationTest {
  @Test
  void whereNoPortIsNamedTheSchemeSaysWhich() {
    assertThat(port("https://api.example/v1")).isEqualTo(443);
    assertThat(port("HTTPS://api.example")).isEqualTo(443);
    assertThat(port("http://api.example")).isEqualTo(80);
    assertThat(port("https://api.example:8443")).isEqualTo(8443);
  }

  private static int port(String base) {
    return Destination.at(URI.create(base)).port();
  }
}
