package io.redoubt.standalone.logging;

import java.util.regex.Pattern;

/**
 * What secrets look like: our own tokens and keys, JSON Web Tokens, the keys of model providers,
 * credentials in headers and in addresses.
 */
final class SecretPatterns {
  static final String MASK = "***";

  private static final Pattern SECRET =
      Pattern.compile(
          "\\brd[bercl]_[A-Za-z0-9_.-]{8,}"
              + "|\\beyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_.-]+"
              + "|\\bsk-[A-Za-z0-9_-]{8,}"
              + "|(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{8,}"
              + "|(?<=[Bb]asic )[A-Za-z0-9._~+/=-]{8,}"
              + "|(?<=://)[^/\\s:@]{1,128}:[^/\\s@]{1,256}(?=@)");

  private SecretPatterns() {}

  static String mask(String text) {
    return SECRET.matcher(text).replaceAll(MASK);
  }
}
