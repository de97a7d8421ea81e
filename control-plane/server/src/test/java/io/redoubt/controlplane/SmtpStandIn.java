package io.redoubt.controlplane;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A stand-in for a mail server, and none that delivers anything. Strict where RFC 5321 is, and
 * where servers of companies are: who may send and only over TLS, what order commands come in, how
 * lines end and how long they are; what it does not like it refuses, and remembers as a complaint.
 */
final class SmtpStandIn implements AutoCloseable {
  /** A greeting that goes on and on. */
  static final String ENDLESS = "endless";

  static final String USER = "redoubt";
  static final String PASSWORD = "stand-in pass=word";
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final String STORE_PASSWORD = "password";
  private static final int MAX_LINE = 998;
  private static final Pattern SENDER = Pattern.compile("MAIL FROM:<([^<> ]+)>( SIZE=[0-9]+)?");
  private static final Pattern RECIPIENT = Pattern.compile("RCPT TO:<([^<> ]+)>");

  /** How it is spoken to. */
  enum Mode {
    STARTTLS,
    TLS,
    PLAIN
  }

  /** A mail that was taken. */
  record Taken(String from, String to, String text) {
    String head() {
      return text.substring(0, text.indexOf("\r\n\r\n"));
    }

    /** A header as it is, folded lines and all; empty: there is none. */
    String header(String name) {
      var found =
          Pattern.compile(
                  "^" + Pattern.quote(name) + ": (.*(?:\r\n[ \t].*)*)",
                  Pattern.MULTILINE | Pattern.CASE_INSENSITIVE)
              .matcher(head());
      return found.find() ? found.group(1) : "";
    }
  }

  private final AtomicLong said = new AtomicLong();
  private final ServerSocket server;
  private final Mode mode;
  private final SSLContext tls;
  private final Path authority;
  private final List<Taken> taken = new ArrayList<>();
  private final List<String> complaints = new ArrayList<>();
  private final Map<String, String> refusals = new HashMap<>();
  private boolean hangs;
  private boolean offersTls = true;
  private int sessions;

  SmtpStandIn(Mode mode, Path directory, String name) {
    this.mode = mode;
    int number = COUNT.incrementAndGet();
    this.authority = directory.resolve(number + ".pem");
    try {
      this.tls = tls(directory.resolve(number + ".p12"), name);
      this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    Thread.ofVirtual().start(this::serve);
  }

  private SSLContext tls(Path store, String name) throws IOException, GeneralSecurityException {
    keytool(
        "-genkeypair",
        "-alias",
        "s",
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-dname",
        "CN=" + name,
        "-ext",
        "SAN=dns:" + name,
        "-keystore",
        store.toString());
    var keys = KeyStore.getInstance(store.toFile(), STORE_PASSWORD.toCharArray());
    Files.writeString(authority, pem(keys.getCertificate("s")));
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, STORE_PASSWORD.toCharArray());
    var context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  private static String pem(Certificate certificate) throws GeneralSecurityException {
    byte[] lineEnd = "\n".getBytes(StandardCharsets.US_ASCII);
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder(64, lineEnd).encodeToString(certificate.getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }

  private static void keytool(String... what) throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"));
    command.addAll(List.of(what));
    command.addAll(List.of("-storepass", STORE_PASSWORD));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (InputStream output = process.getInputStream()) {
      String said = new String(output.readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(said);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  int port() {
    return server.getLocalPort();
  }

  /** What makes its certificate one that is believed. */
  Path authority() {
    return authority;
  }

  // What a test says and sees ------------------------------------------------------------------

  /** How much of an endless greeting was said, in bytes. */
  long said() {
    return said.get();
  }

  /** What is answered where a command, or a recipient, begins so; null: what is usual. */
  synchronized void answer(String to, @Nullable String with) {
    if (with == null) {
      refusals.remove(to);
    } else {
      refusals.put(to, with);
    }
  }

  /** Says nothing more to anybody. */
  synchronized void hang(boolean hang) {
    hangs = hang;
  }

  synchronized void offerTls(boolean offer) {
    offersTls = offer;
  }

  synchronized List<Taken> takenAbout(String words) {
    return taken.stream().filter(it -> it.text().contains(words)).toList();
  }

  synchronized List<String> complaints() {
    return List.copyOf(complaints);
  }

  synchronized int sessions() {
    return sessions;
  }

  // The server -----------------------------------------------------------------------------------

  private void serve() {
    while (!server.isClosed()) {
      try {
        var socket = server.accept();
        Thread.ofVirtual().start(() -> talk(socket));
      } catch (IOException _) {
        return;
      }
    }
  }

  private void talk(Socket accepted) {
    synchronized (this) {
      sessions++;
    }
    try (accepted;
        Socket first = mode == Mode.TLS ? secured(accepted) : accepted) {
      new Talk(first, mode == Mode.TLS).run();
    } catch (IOException _) {
      // They went away.
    }
  }

  private SSLSocket secured(Socket below) throws IOException {
    var socket =
        (SSLSocket) tls.getSocketFactory().createSocket(below, null, below.getPort(), true);
    socket.setUseClientMode(false);
    return socket;
  }

  private synchronized void complain(String what) {
    complaints.add(what);
  }

  private synchronized @Nullable String special(String line) {
    return refusals.entrySet().stream()
        .filter(it -> line.startsWith(it.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  private final class Talk {
    private Socket socket;
    private InputStream in;
    private boolean secure;
    private boolean greeted;
    private boolean known;
    private @Nullable String from;
    private @Nullable String to;

    Talk(Socket socket, boolean secure) throws IOException {
      this.socket = socket;
      this.secure = secure;
      this.in = new BufferedInputStream(socket.getInputStream());
    }

    private void say(String line) throws IOException {
      socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
    }

    /** A line without its end; null: they went away. */
    private @Nullable String line() throws IOException {
      var line = new ByteArrayOutputStream();
      int before = -1;
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (c == '\n') {
          if (before != '\r') {
            complain("a line that ends in a line feed alone");
          }
          byte[] bytes = line.toByteArray();
          int length = before == '\r' ? bytes.length - 1 : bytes.length;
          if (length > MAX_LINE) {
            complain("a line of " + length);
          }
          return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        }
        if (c > 0x7e || (c < ' ' && c != '\r' && c != '\t')) {
          complain("a byte that is not ASCII: " + c);
        }
        line.write(c);
        before = c;
      }
      return null;
    }

    private void run() throws IOException {
      String greeting = special("greeting");
      while (ENDLESS.equals(greeting)) {
        say("220-" + "x".repeat(500));
        said.addAndGet(504);
      }
      say(greeting == null ? "220 stand-in.example ESMTP" : greeting);
      for (String line = line(); line != null; line = line()) {
        synchronized (SmtpStandIn.this) {
          if (hangs) {
            continue;
          }
        }
        String special = special(line);
        if (special != null) {
          say(special);
        } else if (!command(line)) {
          return;
        }
      }
    }

    private boolean command(String line) throws IOException {
      String verb = line.split(" ", 2)[0].toUpperCase(Locale.ROOT);
      switch (verb) {
        case "EHLO" -> {
          greeted = true;
          boolean offers;
          synchronized (SmtpStandIn.this) {
            offers = offersTls;
          }
          say("250-stand-in.example");
          if (mode == Mode.STARTTLS && !secure && offers) {
            say("250-STARTTLS");
          }
          if (secure) {
            say("250-AUTH PLAIN LOGIN");
          }
          say("250 SIZE 1000000");
        }
        case "HELO" -> say("502 without extensions there is no TLS");
        case "STARTTLS" -> {
          say("220 go on");
          socket = secured(socket);
          in = new BufferedInputStream(socket.getInputStream());
          secure = true;
          greeted = false;
        }
        case "AUTH" -> authenticate(line);
        case "MAIL" -> mail(line);
        case "RCPT" -> recipient(line);
        case "DATA" -> data();
        case "RSET", "NOOP" -> say("250 ok");
        case "QUIT" -> {
          say("221 bye");
          return false;
        }
        default -> {
          complain("unknown: " + line);
          say("500 unknown");
        }
      }
      return true;
    }

    private void authenticate(String line) throws IOException {
      if (!secure || !greeted) {
        complain("a password in the clear");
        say("538 not without TLS");
        return;
      }
      String said = line.substring("AUTH ".length());
      if (!said.startsWith("PLAIN ")) {
        say("504 only PLAIN here");
        return;
      }
      String plain =
          new String(
              Base64.getDecoder().decode(said.substring("PLAIN ".length())),
              StandardCharsets.UTF_8);
      // Whom one acts for may be said, and is oneself (RFC 4616 §2).
      known =
          plain.equals("\0" + USER + "\0" + PASSWORD)
              || plain.equals(USER + "\0" + USER + "\0" + PASSWORD);
      say(known ? "235 welcome" : "535 5.7.8 nobody here: " + plain.replace('\0', ' '));
    }

    private void mail(String line) throws IOException {
      var sender = SENDER.matcher(line);
      if (!greeted || (mode != Mode.PLAIN && !(secure && known)) || !sender.matches()) {
        complain("not now, or not so: " + line);
        say("503 not now");
        return;
      }
      from = sender.group(1);
      to = null;
      say("250 ok");
    }

    private void recipient(String line) throws IOException {
      var recipient = RECIPIENT.matcher(line);
      if (from == null || to != null || !recipient.matches()) {
        complain("not now, or not so: " + line);
        say("503 not now");
        return;
      }
      String refusal = special(recipient.group(1));
      if (refusal == null) {
        to = recipient.group(1);
      }
      say(refusal == null ? "250 ok" : refusal);
    }

    private void data() throws IOException {
      if (from == null || to == null) {
        complain("DATA of nobody to nobody");
        say("503 not now");
        return;
      }
      say("354 go on");
      var text = new StringBuilder();
      for (String line = line(); line != null; line = line()) {
        if (line.equals(".")) {
          String refusal = special("data");
          if (refusal == null) {
            synchronized (SmtpStandIn.this) {
              taken.add(new Taken(from, to, text.toString()));
            }
          }
          say(refusal == null ? "250 taken" : refusal);
          return;
        }
        text.append(line.startsWith(".") ? line.substring(1) : line).append("\r\n");
      }
    }
  }

  @Override
  public void close() {
    try {
      server.close();
      Files.deleteIfExists(authority);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
