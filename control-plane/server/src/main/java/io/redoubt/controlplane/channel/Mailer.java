package io.redoubt.controlplane.channel;

import io.redoubt.controlplane.channel.EmailSettings.Security;
import io.redoubt.protocol.secret.Secret;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.URLName;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Date;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPTransport;
import org.jspecify.annotations.Nullable;

/**
 * Hands mails to a server: one recipient at a time, over TLS whose certificate is looked at, within
 * bounded time. Blocking, for virtual threads.
 */
final class Mailer {
  private static final int PERMANENT = 500;
  private static final String PROTOCOLS = "TLSv1.3 TLSv1.2";

  /** Of all that a server says, certificates among it. */
  private static final int MOST_HEARD = 256 * 1024;

  /** What became of a mail that the server has spoken about. */
  enum Taken {
    TAKEN,
    /** Not by this recipient, now; others may get theirs. */
    MAILBOX_BUSY
  }

  private final Addresses addresses;
  private final SSLSocketFactory sockets;
  private final Duration limit;
  private final Clock clock;

  Mailer(Addresses addresses, SSLSocketFactory sockets, Duration limit, Clock clock) {
    this.addresses = addresses;
    this.sockets = sockets;
    this.limit = limit;
    this.clock = clock;
  }

  /**
   * Sends one.
   *
   * @param password empty: none
   * @return refused: the server will never take this mail, or not for this recipient
   */
  Outcome<Taken> send(EmailSettings settings, Secret password, String to, Mail mail)
      throws InterruptedException {
    var outcome = new CompletableFuture<Outcome<Taken>>();
    var thread =
        Thread.ofVirtual()
            .name("redoubt-mail")
            .start(() -> {
              try {
                outcome.complete(sent(settings, password, to, mail));
              } catch (RuntimeException e) {
                outcome.completeExceptionally(e);
              }
            });
    try {
      return outcome.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException _) {
      thread.interrupt(); // which closes the socket that it waits for
      return later("no answer in time");
    } catch (InterruptedException e) {
      thread.interrupt();
      throw e;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a mail could not be handed over", e.getCause());
    }
  }

  private static Outcome<Taken> later(String why) {
    return new Outcome.Later<>(why, true, Duration.ZERO);
  }

  private Outcome<Taken> sent(EmailSettings settings, Secret password, String to, Mail mail) {
    var session = Session.getInstance(properties(settings));
    var who =
        new URLName(
            "smtp",
            settings.host(),
            settings.port(),
            null,
            settings.username(),
            settings.username() == null ? null : password.reveal());
    try (var socket = connected(settings);
        var transport = new SMTPTransport(session, who)) {
      transport.connect(socket);
      var message = message(session, settings, to, mail);
      transport.sendMessage(message, message.getAllRecipients());
      return new Outcome.Done<>(Taken.TAKEN);
    } catch (UnknownHostException e) {
      return later(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return later(e.getClass().getSimpleName());
    } catch (MessagingException e) {
      return failed(e);
    }
  }

  /** To the very address that was looked at, and never to be told more than there is to say. */
  private Socket connected(EmailSettings settings) throws IOException {
    var address = addresses.resolved(settings.host());
    int millis = Math.toIntExact(limit.toMillis());
    var socket = new BoundedSocket(MOST_HEARD);
    try {
      socket.connect(new InetSocketAddress(address, settings.port()), millis);
      socket.setSoTimeout(millis);
      return settings.security() == Security.TLS ? secured(socket, settings) : socket;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private Socket secured(Socket plain, EmailSettings settings) throws IOException {
    var secured = (SSLSocket) sockets.createSocket(plain, settings.host(), settings.port(), true);
    var parameters = secured.getSSLParameters();
    parameters.setProtocols(PROTOCOLS.split(" "));
    // The name in the certificate is held against the host (RFC 6125).
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secured.setSSLParameters(parameters);
    secured.startHandshake();
    return secured;
  }

  /** What a server says may quote secrets and addresses: only its code is kept. */
  private static Outcome<Taken> failed(MessagingException failure) {
    if (failure instanceof AuthenticationFailedException) {
      return later("the server does not let us in");
    }
    for (@Nullable Exception each = failure; each != null; each = next(each)) {
      switch (each) {
        case SMTPAddressFailedException e -> {
          return e.getReturnCode() >= PERMANENT
              ? refused(e.getReturnCode())
              : new Outcome.Done<>(Taken.MAILBOX_BUSY);
        }
        case SMTPSendFailedException e
            when e.getCommand() != null && !e.getCommand().startsWith("MAIL") -> {
          return e.getReturnCode() >= PERMANENT
              ? refused(e.getReturnCode())
              : later("code " + e.getReturnCode());
        }
        default -> {
          // Of the connection, or of the sender: an operator, or time, can help.
        }
      }
    }
    Throwable cause = failure.getNextException();
    return later((cause == null ? failure : cause).getClass().getSimpleName());
  }

  private static @Nullable Exception next(Exception failure) {
    return failure instanceof MessagingException e ? e.getNextException() : null;
  }

  private static Outcome<Taken> refused(int code) {
    return new Outcome.Refused<>("code " + code);
  }

  private Properties properties(EmailSettings settings) {
    var properties = new Properties();
    properties.put("mail.smtp.quitwait", "false");
    properties.put("mail.smtp.localhost", settings.domain());
    properties.put("mail.smtp.from", settings.from());
    properties.put("mail.smtp.sendpartial", "false");
    properties.put("mail.smtp.allow8bitmime", "false");
    properties.put("mail.smtp.auth", Boolean.toString(settings.username() != null));
    properties.put("mail.smtp.auth.mechanisms", "PLAIN LOGIN");
    properties.put("mail.smtp.ssl.socketFactory", sockets);
    properties.put("mail.smtp.ssl.checkserveridentity", "true");
    properties.put("mail.smtp.ssl.protocols", PROTOCOLS);
    if (settings.security() == Security.STARTTLS) {
      properties.put("mail.smtp.starttls.enable", "true");
      properties.put("mail.smtp.starttls.required", "true");
    }
    return properties;
  }

  private MimeMessage message(Session session, EmailSettings settings, String to, Mail mail)
      throws MessagingException {
    var message = new Named(session, mail.id());
    message.setFrom(new InternetAddress(settings.from(), true));
    message.setRecipient(MimeMessage.RecipientType.TO, new InternetAddress(to, true));
    message.setSubject(mail.subject(), StandardCharsets.UTF_8.name());
    message.setSentDate(Date.from(clock.instant()));
    message.setHeader("References", "<" + mail.thread() + ">");
    // Nobody's holiday answers it (RFC 3834 §5).
    message.setHeader("Auto-Submitted", "auto-generated");
    message.setText(mail.text(), StandardCharsets.UTF_8.name());
    message.setHeader("Content-Transfer-Encoding", "quoted-printable");
    message.saveChanges();
    return message;
  }

  /** Keeps the name that it was given, so that what is sent twice is seen to be one. */
  private static final class Named extends MimeMessage {
    private final String id;

    Named(Session session, String id) {
      super(session);
      this.id = Objects.requireNonNull(id);
    }

    @Override
    protected void updateMessageID() throws MessagingException {
      setHeader("Message-ID", "<" + id + ">");
    }
  }
}
