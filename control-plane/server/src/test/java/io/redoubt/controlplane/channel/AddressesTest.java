package io.redoubt.controlplane.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.31.255.255",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "2002:a00:1::"
      })
  void whatIsNotOfThePublicInternetIsRefused(String address) {
    assertThat(Addresses.isPublic(InetAddress.ofLiteral(address))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.1.1.1", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450::1"})
  void whatIsPublicIsNot(String address) {
    assertThat(Addresses.isPublic(InetAddress.ofLiteral(address))).isTrue();
  }

  @Test
  void anAddressThatIsNeverCalledIsToldFromANameThatMayBe() {
    var addresses = new Addresses(List.of("10.0.0.7", "fd00::7"));

    assertThat(addresses.ruledOut(URI.create("https://127.0.0.1:8080/hook"))).isTrue();
    assertThat(addresses.ruledOut(URI.create("https://[fd00::8]/hook"))).isTrue();
    assertThat(addresses.ruledOut("192.168.1.1")).isTrue();
    assertThat(addresses.ruledOut(URI.create("https://10.0.0.7/hook"))).isFalse();
    assertThat(addresses.ruledOut(URI.create("https://[FD00::7]/hook"))).isFalse();
    assertThat(addresses.ruledOut(URI.create("https://1.1.1.1/hook"))).isFalse();
    assertThat(addresses.ruledOut(URI.create("https://localhost/hook"))).isFalse();
  }

  @Test
  void hostsThatAreNamedMayBeAnywhere() {
    var addresses = new Addresses(List.of("127.0.0.1"));

    assertThat(addresses.refusal(URI.create("http://127.0.0.1:8080/hook"))).isEmpty();
    assertThat(addresses.refusal(URI.create("http://127.0.0.2:8080/hook"))).isPresent();
    assertThat(addresses.refusal(URI.create("https://[::1]/hook"))).isPresent();
    assertThat(addresses.refusal(URI.create("https://no.such.host.invalid/")))
        .contains("the host is unknown");
  }
}
