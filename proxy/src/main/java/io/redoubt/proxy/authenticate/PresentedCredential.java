package io.redoubt.proxy.authenticate;

import java.util.Locale;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/** The credential that a request carries, as the SDKs of the model providers send one. */
public sealed interface PresentedCredential {

  /** No credential at all. */
  record None() implements PresentedCredential {}

  /** Several that differ, or one that cannot be read. */
  record Unreadable() implements PresentedCredential {}

  /** Exactly one. */
  record Token(Scheme scheme, String text) implements PresentedCredential {
    @Override
    public String toString() {
      return "Token[" + scheme + ", ***]";
    }
  }

  /** How it was presented. */
  enum Scheme {
    BEARER,
    /** RFC 9449 §7.1. */
    DPOP,
    /** The header {@code x-api-key}, which takes the place of a bearer token. */
    API_KEY
  }

  None NONE = new None();
  Unreadable UNREADABLE = new Unreadable();

  /** Reads {@code Authorization} and {@code x-api-key}; the same token in both counts once. */
  static PresentedCredential read(HttpRequest request) {
    PresentedCredential found = NONE;
    for (HttpHeader header : request.getHeaders()) {
      PresentedCredential one =
          switch (header.lowercaseName()) {
            case "authorization" -> authorization(header.value());
            case "x-api-key" -> token(Scheme.API_KEY, header.value());
            default -> NONE;
          };
      if (one instanceof None) {
        continue;
      }
      if (one instanceof Unreadable) {
        return UNREADABLE;
      }
      if (found instanceof Token(var _, var text)) {
        if (!(one instanceof Token(var scheme, var again)) || !again.equals(text)) {
          return UNREADABLE;
        }
        if (scheme == Scheme.API_KEY) {
          continue; // the Authorization header says more: it names the scheme
        }
      }
      found = one;
    }
    return found;
  }

  private static PresentedCredential authorization(String value) {
    int space = value.indexOf(' ');
    if (space < 0) {
      return UNREADABLE;
    }
    return switch (value.substring(0, space).toLowerCase(Locale.ROOT)) {
      case "bearer" -> token(Scheme.BEARER, value.substring(space + 1));
      case "dpop" -> token(Scheme.DPOP, value.substring(space + 1));
      default -> UNREADABLE;
    };
  }

  private static PresentedCredential token(Scheme scheme, String value) {
    String text = value.strip();
    return text.isEmpty() ? UNREADABLE : new Token(scheme, text);
  }
}
