package io.redoubt.protocol.net;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A block of IP addresses (RFC 4632, RFC 4291 §2.3). The address is literal, never a name, and has
 * no bits set beyond the prefix, so that a rule says what it means.
 */
public final class Cidr {
  private static final Pattern PREFIX = Pattern.compile("0|[1-9][0-9]{0,2}");

  private final byte[] network;
  private final int prefix;

  private Cidr(byte[] network, int prefix) {
    this.network = network;
    this.prefix = prefix;
  }

  /**
   * Reads {@code 10.0.0.0/8}, {@code 2001:db8::/32} or a lone address.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static Cidr parse(@Nullable String text) {
    if (text == null) {
      throw new IllegalArgumentException("not an address block");
    }
    int slash = text.indexOf('/');
    String literal = slash < 0 ? text : text.substring(0, slash);
    byte[] address = IpLiteral.parse(literal).getAddress();
    int bits = address.length * 8;
    if (bits == 32 && literal.indexOf(':') >= 0) {
      throw new IllegalArgumentException("an IPv4 block is written as one");
    }
    int prefix = slash < 0 ? bits : prefix(text.substring(slash + 1));
    if (prefix > bits) {
      throw new IllegalArgumentException("the prefix is longer than the address");
    }
    var block = new Cidr(address, prefix);
    if (!Arrays.equals(mask(address, prefix), address)) {
      throw new IllegalArgumentException("the address has bits set beyond its prefix");
    }
    return block;
  }

  private static int prefix(String digits) {
    if (!PREFIX.matcher(digits).matches()) {
      throw new IllegalArgumentException("the prefix is a number");
    }
    return Integer.parseInt(digits);
  }

  /** Whether the address lies in this block; an IPv4 block never holds an IPv6 address. */
  public boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    return bytes.length == network.length && Arrays.equals(mask(bytes, prefix), network);
  }

  private static byte[] mask(byte[] address, int prefix) {
    byte[] masked = new byte[address.length];
    for (int bit = 0; bit < prefix; bit++) {
      masked[bit / 8] |= (byte) (address[bit / 8] & (0x80 >>> (bit % 8)));
    }
    return masked;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Cidr that
        && prefix == that.prefix
        && Arrays.equals(network, that.network);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(network) + prefix;
  }

  @JsonValue
  @Override
  public String toString() {
    try {
      return InetAddress.getByAddress(network).getHostAddress() + "/" + prefix;
    } catch (java.net.UnknownHostException e) {
      throw new IllegalStateException("an address of 4 or 16 bytes", e);
    }
  }
}
