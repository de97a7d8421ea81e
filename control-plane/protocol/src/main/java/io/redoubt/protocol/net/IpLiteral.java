package io.redoubt.protocol.net;

import java.net.InetAddress;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An IP address in digits, in the one spelling everybody reads alike. Java also takes {@code 10.1}
 * for {@code 10.0.0.1}, and the system's resolver {@code 010} for 8; a rule about addresses must
 * not be open to such readings.
 */
public final class IpLiteral {
  private static final int MAX_LENGTH = 45;
  private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern IPV4 = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

  private IpLiteral() {}

  /**
   * Reads {@code 192.0.2.1} or {@code 2001:db8::1}; never a name, a scope, a port or brackets. An
   * IPv4-mapped address ({@code ::ffff:192.0.2.1}) is the IPv4 address it stands for.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static InetAddress parse(@Nullable String text) {
    if (text == null
        || text.length() > MAX_LENGTH
        || !(IPV4.matcher(text).matches() || IPV6.matcher(text).matches())) {
      throw new IllegalArgumentException("not an IP address");
    }
    return InetAddress.ofLiteral(text);
  }
}
