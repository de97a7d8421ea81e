package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.255.255, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.0.0.0/9, 10.127.255.255, true",
    "10.0.0.0/9, 10.128.0.0, false",
    "192.0.2.1, 192.0.2.1, true",
    "192.0.2.1, 192.0.2.2, false",
    "192.0.2.1/32, 192.0.2.1, true",
    "0.0.0.0/0, 203.0.113.7, true",
    "0.0.0.0/0, ::1, false",
    "::/0, 203.0.113.7, false",
    "2001:db8::/32, 2001:db8:ffff::1, true",
    "2001:db8::/32, 2001:db9::, false",
    "2001:db8::1, 2001:db8:0:0:0:0:0:1, true",
    "10.0.0.0/8, ::ffff:10.0.0.1, true",
  })
  void aBlockHoldsItsAddresses(String block, String address, boolean holds) {
    assertThat(Cidr.parse(block).contains(IpLiteral.parse(address))).isEqualTo(holds);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/08",
        "10.0.0.0/8 ",
        " 10.0.0.0/8",
        "10.0.0.0/8/8",
        "0.0.0.0/4294967295",
        "0.0.0.0/4294967296",
        "10.0.0.1/8",
        "2001:db8::1/32",
        "2001:db8::/129",
        "10/8",
        "10.1/16",
        "010.0.0.0/8",
        "10.0.0.256/32",
        "0x0a.0.0.0/8",
        "localhost",
        "example.com/32",
        "fe80::1%lo",
        "fe80::1%1/128",
        "[::1]",
        "::ffff:10.0.0.0/8",
        "::ffff:10.0.0.0/104",
        "::ffff:10.0.0.1",
        "1::2::3",
        "12345::",
        "10.0.0.0\\8"
      })
  void anythingElseIsNoBlock(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Cidr.parse(text));
  }

  /**
   * Against arithmetic: an address lies within where its number, shifted by the rest, is the same.
   */
  @ParameterizedTest
  @ValueSource(ints = {4, 16})
  void everyPrefixMeansWhatItSays(int octets) throws Exception {
    var random = new Random(octets);
    for (int prefix = 0; prefix <= octets * 8; prefix++) {
      int rest = octets * 8 - prefix;
      var base = new BigInteger(octets * 8, random).shiftRight(rest).shiftLeft(rest);
      var block = Cidr.parse(address(base, octets).getHostAddress() + "/" + prefix);
      for (int bit = 0; bit < octets * 8; bit++) {
        assertThat(block.contains(address(base.flipBit(bit), octets)))
            .as("%s with bit %d turned", block, bit)
            .isEqualTo(bit < rest);
      }
      if (rest > 0) {
        String loose = address(base.setBit(rest - 1), octets).getHostAddress() + "/" + prefix;
        assertThatIllegalArgumentException().isThrownBy(() -> Cidr.parse(loose));
      }
    }
  }

  private static InetAddress address(BigInteger number, int octets) throws UnknownHostException {
    byte[] bytes = new byte[octets];
    byte[] digits = number.toByteArray();
    int length = Math.min(digits.length, octets);
    System.arraycopy(digits, digits.length - length, bytes, octets - length, length);
    return InetAddress.getByAddress(bytes);
  }

  @Test
  void aBlockComesBackInOneSpelling() {
    var block = Cidr.parse("2001:DB8::/32");

    assertThat(Cidr.parse(block.toString())).isEqualTo(block).hasSameHashCodeAs(block);
    assertThat(block).isNotEqualTo(Cidr.parse("2001:db8::/33"));
    assertThat(Cidr.parse("192.0.2.1")).hasToString("192.0.2.1/32");
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {"", "7", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "a", "::1%lo", ":"})
  void anAddressIsWrittenInFull(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> IpLiteral.parse(text));
  }

  @Test
  void aMappedAddressIsTheOneItStandsFor() {
    assertThat(IpLiteral.parse("::ffff:192.0.2.1")).isEqualTo(InetAddress.ofLiteral("192.0.2.1"));
  }
}
