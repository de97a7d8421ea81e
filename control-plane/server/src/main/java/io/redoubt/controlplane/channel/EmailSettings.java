package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is told of a mail server.
 *
 * @param username null: the server lets us in without
 * @param from the sender of all mails
 * @param to who gets every mail
 * @param approvers whether those get mails, too, whom a request's tier asks
 * @param arguments how much of a call's arguments is shown
 */
record EmailSettings(
    String host,
    int port,
    Security security,
    @Nullable String username,
    String from,
    List<String> to,
    boolean approvers,
    ArgumentsShown arguments) {
  static final int MOST_RECIPIENTS = 20;

  static final Pattern HOST = Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?");
  static final Pattern USERNAME = Pattern.compile("[\\x21-\\x7e]{1,250}");

  /** A part of what RFC 5321 §4.1.2 lets be an address: no quotes, no comments, no lines. */
  static final Pattern ADDRESS =
      Pattern.compile(
          "(?=.{3,254}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
              + "@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
              + "(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*");

  EmailSettings {
    to = List.copyOf(to);
  }

  /** How what is said is kept from others. */
  enum Security {
    /** Begins in the clear and never goes on so (RFC 3207). */
    STARTTLS(587),
    /** From the first byte on (RFC 8314). */
    TLS(465),
    /** Not at all: on this machine, or where the configuration says so. */
    NONE(25);

    private final int usualPort;

    Security(int usualPort) {
      this.usualPort = usualPort;
    }

    int usualPort() {
      return usualPort;
    }

    @JsonValue
    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static Security of(String wire) {
      return Arrays.stream(values())
          .filter(value -> value.wire().equals(wire))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("is starttls, tls or none"));
    }
  }

  /** In which message ids and greetings are. */
  String domain() {
    return from.substring(from.lastIndexOf('@') + 1);
  }
}
