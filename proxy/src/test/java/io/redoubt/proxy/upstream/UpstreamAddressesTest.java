package io.redoubt.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** Where no provider can be, nobody is connected to, by whatever name. */
class UpstreamAddressesTest {
  private final Queue<List<String>> answers = new ArrayDeque<>();

  private InetAddress[] answer(String host) throws UnknownHostException {
    var addresses = answers.remove();
    if (addresses.isEmpty()) {
      throw new UnknownHostException(host);
    }
    var all = new InetAddress[addresses.size()];
    for (int i = 0; i < all.length; i++) {
      byte[] bytes = InetAddress.ofLiteral(addresses.get(i)).getAddress();
      all[i] = InetAddress.getByAddress("rebinding.example", bytes);
    }
    return all;
  }

  private UpstreamAddresses addresses(String config) {
    return new UpstreamAddresses(
        UpstreamConfig.from(ConfigFactory.parseString(config).withFallback(ConfigFactory.load())),
        this::answer);
  }

  private String chosen(UpstreamAddresses addresses, String... found) {
    answers.add(List.of(found));
    return addresses.of("provider.example", 443, List.of()).getHostString();
  }

  private void isForbidden(UpstreamAddresses addresses, String... found) {
    assertThatThrownBy(() -> chosen(addresses, found))
        .as("%s", List.of(found))
        .isInstanceOfSatisfying(
            UpstreamException.class, why -> assertThat(why.reason()).isEqualTo(Reason.FORBIDDEN));
  }

  @Test
  void whereOneMayNotGoInParticularItDoesNotThoughOthersMay() {
    var addresses = addresses("redoubt.proxy.upstream.allowed-addresses = [\"127.0.0.1/32\"]");
    answers.add(List.of("127.0.0.1"));
    answers.add(List.of("127.0.0.1", "10.0.0.1"));
    var loopback = Cidr.parseAll("", List.of("127.0.0.0/8"));

    assertThatThrownBy(() -> addresses.of("provider.example", 443, loopback))
        .isInstanceOfSatisfying(
            UpstreamException.class, why -> assertThat(why.reason()).isEqualTo(Reason.FORBIDDEN));
    assertThat(addresses.of("provider.example", 443, loopback).getHostString())
        .isEqualTo("10.0.0.1");
    assertThat(chosen(addresses, "127.0.0.1")).isEqualTo("127.0.0.1");
  }

  @Test
  void whereCloudsKeepTheirMachinesCredentialsNobodyGoes() {
    var addresses = addresses("");

    isForbidden(addresses, "169.254.169.254");
    isForbidden(addresses, "169.254.170.2");
    isForbidden(addresses, "fe80::1");
    isForbidden(addresses, "fd00:ec2::254");
    isForbidden(addresses, "100.100.100.200");
    isForbidden(addresses, "168.63.129.16");
    isForbidden(addresses, "0.0.0.0");
    isForbidden(addresses, "::");
    isForbidden(addresses, "224.0.0.1");
    isForbidden(addresses, "169.254.169.254", "fe80::1");
  }

  @Test
  void anotherSpellingOfSuchAnAddressIsTheSameAddress() {
    var addresses = addresses("");

    isForbidden(addresses, "::ffff:169.254.169.254");
    isForbidden(addresses, "::169.254.169.254");
    isForbidden(addresses, "64:ff9b::169.254.169.254");
    isForbidden(addresses, "2002:a9fe:a9fe::1");
  }

  @Test
  void modelServersOfPrivateNetworksAndOfThisMachineAreReached() {
    var addresses = addresses("");

    assertThat(chosen(addresses, "10.1.2.3")).isEqualTo("10.1.2.3");
    assertThat(chosen(addresses, "192.168.7.7")).isEqualTo("192.168.7.7");
    assertThat(chosen(addresses, "127.0.0.1")).isEqualTo("127.0.0.1");
    assertThat(chosen(addresses, "fd12:3456::1")).isEqualTo("fd12:3456:0:0:0:0:0:1");
    assertThat(chosen(addresses, "169.254.169.254", "203.0.113.5")).isEqualTo("203.0.113.5");
  }

  @Test
  void aNameIsLookedAtAnewForEachConnectionAndNoFurther() {
    var addresses = addresses("");

    // The name is gone from what is connected to: nobody after this can look it up again.
    assertThat(chosen(addresses, "203.0.113.5")).isEqualTo("203.0.113.5");
    isForbidden(addresses, "169.254.169.254");
  }

  @Test
  void whoRunsTheEnclaveSaysWhatElse() {
    var addresses =
        addresses(
            """
            redoubt.proxy.upstream {
              denied-addresses = ["10.0.0.0/8", "127.0.0.0/8"]
              allowed-addresses = ["10.9.0.0/16"]
            }
            """);

    isForbidden(addresses, "10.1.2.3");
    isForbidden(addresses, "127.0.0.1");
    assertThat(chosen(addresses, "10.9.2.3")).isEqualTo("10.9.2.3");
  }

  @Test
  void aNameThatNobodyKnowsIsUnreachable() {
    assertThatThrownBy(() -> chosen(addresses("")))
        .isInstanceOfSatisfying(
            UpstreamException.class, why -> assertThat(why.reason()).isEqualTo(Reason.UNREACHABLE));
  }
}
