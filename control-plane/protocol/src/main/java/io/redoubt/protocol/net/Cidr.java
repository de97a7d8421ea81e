package io.redoubt.protocol.net;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
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
   * All blocks of a setting.
   *
   * @throws IllegalArgumentException naming the setting, where one is none
   */
  public static List<Cidr> parseAll(String setting, List<String> texts) {
    try {
      return texts.stream().map(Cidr::parse).toList();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          setting + " is no list of address blocks: " + e.getMessage(), e);
    }
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
    if (hasBitsBeyond(address, prefix)) {
      throw new IllegalArgumentException("the address has bits set beyond its prefix");
    }
    return new Cidr(address, prefix);
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
    if (bytes.length != network.length) {
      return false;
    }
    int whole = prefix / 8;
    int mask = maskOfPart(prefix);
    return Arrays.equals(bytes, 0, whole, network, 0, whole)
        && (mask == 0 || (bytes[whole] & mask) == (network[whole] & mask));
  }

  private static boolean hasBitsBeyond(byte[] address, int prefix) {
    int whole = prefix / 8;
    int mask = maskOfPart(prefix);
    for (int i = whole; i < address.length; i++) {
      int beyond = i == whole ? address[i] & ~mask & 0xff : address[i];
      if (beyond != 0) {
        return true;
      }
    }
    return false;
  }

  /** The bits of the one octet that the prefix ends within; 0: it ends between two. */
  private static int maskOfPart(int prefix) {
    return 0xff00 >>> (prefix % 8) & 0xff;
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
