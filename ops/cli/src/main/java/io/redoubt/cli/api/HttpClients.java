package io.redoubt.cli.api;

import io.redoubt.cli.command.CommandFailure;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Makes HTTP clients that trust whom they should. */
public final class HttpClients {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  private HttpClients() {}

  /**
   * A client for a server.
   *
   * @param caFile PEM file of the authorities to trust; null: the platform's
   * @throws CommandFailure for plain HTTP to any other machine
   */
  public static HttpClient to(URI server, @Nullable Path caFile) {
    if ("http".equals(server.getScheme()) && !isThisMachine(server)) {
      throw CommandFailure.usage(
          server + " would carry credentials over the network in the clear; use https.");
    }
    var builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .executor(Executors.newVirtualThreadPerTaskExecutor());
    try {
      if ("http".equals(server.getScheme())) {
        // Loading the platform's authorities is a third of the start, and nobody would ask them.
        builder.sslContext(trusting(new TrustManager[0]));
      } else if (caFile != null) {
        builder.sslContext(trusting(authorities(caFile)));
      }
      return builder.build();
    } catch (GeneralSecurityException | IOException e) {
      throw CommandFailure.usage("the authorities in " + caFile + " cannot be read");
    }
  }

  private static boolean isThisMachine(URI server) {
    String host = server.getHost();
    if (host == null) {
      return false;
    }
    String literal =
        host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    try {
      return literal.equals("localhost") || InetAddress.ofLiteral(literal).isLoopbackAddress();
    } catch (IllegalArgumentException _) {
      return false; // a name: who answers to it is for others to say
    }
  }

  private static SSLContext trusting(TrustManager[] managers) throws GeneralSecurityException {
    var context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[0], managers, null);
    return context;
  }

  private static TrustManager[] authorities(Path caFile)
      throws GeneralSecurityException, IOException {
    var store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream pem = Files.newInputStream(caFile)) {
      int number = 0;
      for (Certificate authority :
          CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        store.setCertificateEntry("authority-" + number++, authority);
      }
    }
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }
}
