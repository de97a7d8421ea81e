package io.redoubt.proxy.upstream;

import io.redoubt.protocol.net.CaCertificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Whose certificates are believed: the platform's authorities and those of a file, or, of one
 * provider, its own alone.
 */
public final class TrustedCertificates {
  private TrustedCertificates() {}

  /**
   * Believes these certificates and nothing else.
   *
   * @throws IllegalArgumentException if the text holds none
   */
  static SSLContext onlyThose(String caPem) {
    try {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (var authority : CaCertificates.parse(caPem)) {
        store.setCertificateEntry("authority-" + number++, authority);
      }
      return believing(store);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException("a provider's certificates cannot be used", e);
    }
  }

  private static SSLContext believing(KeyStore store) throws GeneralSecurityException {
    var context = SSLContext.getInstance("TLS");
    context.init(null, new X509TrustManager[] {trustManager(store)}, null);
    return context;
  }

  /**
   * What connections are made with.
   *
   * @param caFile authorities in PEM, besides the platform's own
   * @param setting that names the file, for who has to put it right
   */
  public static SSLContext context(Optional<Path> caFile, String setting) {
    try {
      if (caFile.isEmpty()) {
        return SSLContext.getDefault();
      }
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (X509Certificate authority : trustManager(null).getAcceptedIssuers()) {
        store.setCertificateEntry("authority-" + number++, authority);
      }
      try (var pem = Files.newInputStream(caFile.get())) {
        for (var authority : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
          store.setCertificateEntry("authority-" + number++, authority);
        }
      }
      return believing(store);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException(setting + " cannot be read as certificates", e);
    }
  }

  private static X509TrustManager trustManager(@Nullable KeyStore store)
      throws GeneralSecurityException {
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    for (var manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager trusted) {
        return trusted;
      }
    }
    throw new GeneralSecurityException("the platform has no trust manager for certificates");
  }
}
