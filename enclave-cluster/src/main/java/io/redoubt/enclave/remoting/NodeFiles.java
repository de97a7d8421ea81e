package io.redoubt.enclave.remoting;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A node's PEM files (RFC 7468), and what is in them.
 *
 * @param certificate the node's own certificate, then those between it and its authority
 * @param privateKey an EC key, unencrypted PKCS #8
 * @param authorities who may vouch for nodes
 */
record NodeFiles(Path certificate, Path privateKey, Path authorities) {
  private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String KEY_END = "-----END PRIVATE KEY-----";
  private static final int MAX_BYTES = 1 << 20;

  /** What the files hold together. */
  record Content(PrivateKey key, List<X509Certificate> chain, List<X509Certificate> authorities) {}

  /** Changes whenever one of the files does: all of their bytes. */
  byte[] fingerprint() throws IOException {
    try {
      var digest = java.security.MessageDigest.getInstance("SHA-256");
      for (Path file : List.of(certificate, privateKey, authorities)) {
        digest.update(bytes(file));
        digest.update((byte) 0);
      }
      return digest.digest();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }

  Content read() throws IOException {
    List<X509Certificate> chain = certificates(certificate);
    return new Content(key(), chain, certificates(authorities));
  }

  private static List<X509Certificate> certificates(Path file) throws IOException {
    try (InputStream in = new java.io.ByteArrayInputStream(bytes(file))) {
      var certificates =
          CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (certificates.isEmpty()) {
        throw new IOException(file + " holds no certificate");
      }
      for (X509Certificate each : certificates) {
        if (!each.getPublicKey().getAlgorithm().equals("EC")) {
          throw new IOException(file + " holds a certificate whose key is not an elliptic curve's");
        }
      }
      return certificates;
    } catch (CertificateException e) {
      throw new IOException(file + " holds no certificate that can be read", e);
    }
  }

  private PrivateKey key() throws IOException {
    byte[] text = bytes(privateKey);
    try {
      var pem = new String(text, StandardCharsets.US_ASCII);
      int begin = pem.indexOf(KEY_BEGIN);
      int end = pem.indexOf(KEY_END);
      if (begin < 0 || end < begin) {
        throw new IOException(
            privateKey + " holds no unencrypted key in PKCS #8 (BEGIN PRIVATE KEY)");
      }
      byte[] encoded =
          Base64.getMimeDecoder().decode(pem.substring(begin + KEY_BEGIN.length(), end));
      try {
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
      } finally {
        Arrays.fill(encoded, (byte) 0);
      }
    } catch (GeneralSecurityException | IllegalArgumentException _) {
      // Without its cause, which may quote what it could not read (G6).
      throw new IOException(privateKey + " holds no EC key that can be read");
    } finally {
      Arrays.fill(text, (byte) 0);
    }
  }

  private static byte[] bytes(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is too large to be what it should be");
    }
    return Files.readAllBytes(file);
  }
}
