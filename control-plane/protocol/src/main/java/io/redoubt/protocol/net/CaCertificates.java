package io.redoubt.protocol.net;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Certificates of authorities as people hand them in: PEM (RFC 7468), and nothing beside it. */
public final class CaCertificates {
  public static final int MAX_CHARACTERS = 65_536;
  private static final int MOST = 20;
  private static final String BEGIN = "-----BEGIN CERTIFICATE-----";
  private static final String END = "-----END CERTIFICATE-----";

  private CaCertificates() {}

  /**
   * Reads 1 to 20 certificates. Whoever hands in a private key with them hears of it instead of
   * having it kept where everybody may read it.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static List<X509Certificate> parse(String pem) {
    if (pem.length() > MAX_CHARACTERS) {
      throw new IllegalArgumentException("more than " + MAX_CHARACTERS + " characters");
    }
    var found = new ArrayList<X509Certificate>();
    @Nullable StringBuilder body = null;
    for (String line : pem.lines().map(String::strip).toList()) {
      if (body == null) {
        if (line.equals(BEGIN)) {
          body = new StringBuilder();
        } else if (!line.isEmpty()) {
          throw new IllegalArgumentException("something beside certificates");
        }
      } else if (line.equals(END)) {
        found.add(certificate(body.toString()));
        body = null;
      } else {
        body.append(line);
      }
    }
    if (body != null || found.isEmpty() || found.size() > MOST) {
      throw new IllegalArgumentException("not 1 to " + MOST + " certificates");
    }
    return List.copyOf(found);
  }

  private static X509Certificate certificate(String base64) {
    try {
      var der = new ByteArrayInputStream(Base64.getDecoder().decode(base64));
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(der);
    } catch (CertificateException e) {
      throw new IllegalArgumentException("not a certificate", e);
    }
  }
}
