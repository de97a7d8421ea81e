package io.redoubt.enclave.testing;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority that vouches for whatever a test wants. */
public final class TestAuthority {
  private static final X500Name NAME = new X500Name("CN=Authority of a test");

  private final KeyPair pair;
  private final X509Certificate certificate;

  public TestAuthority() {
    try {
      pair = newKey("EC", 256);
      var builder = builder(NAME, pair, Duration.ofDays(1));
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      certificate = sign(builder);
    } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** PEM files of a node. */
  public record Pem(Path certificate, Path privateKey, Path authorities) {}

  /** A node's certificate, for the loopback address. */
  public Pem node(Path directory, String uri) {
    return node(directory, uri, "127.0.0.1", "EC", Duration.ofHours(1));
  }

  /**
   * A node's files, replaced where they are there.
   *
   * @param lifetime below zero: it has expired
   */
  public Pem node(Path directory, String uri, String host, String algorithm, Duration lifetime) {
    try {
      Files.createDirectories(directory);
      KeyPair own = newKey(algorithm, algorithm.equals("EC") ? 256 : 2048);
      var builder = builder(new X500Name("CN=node of a test"), own, lifetime);
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(
              new GeneralName[] {
                new GeneralName(GeneralName.iPAddress, host),
                new GeneralName(GeneralName.uniformResourceIdentifier, uri)
              }));
      var files =
          new Pem(
              directory.resolve("node.pem"),
              directory.resolve("node-key.pem"),
              directory.resolve("ca.pem"));
      Files.writeString(files.certificate(), pem(sign(builder)));
      Files.writeString(files.privateKey(), pem(new JcaPKCS8Generator(own.getPrivate(), null)));
      Files.writeString(files.authorities(), pem(certificate));
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JcaX509v3CertificateBuilder builder(
      X500Name subject, KeyPair pair, Duration lifetime) {
    Instant now = Instant.now();
    return new JcaX509v3CertificateBuilder(
        NAME,
        new BigInteger(127, new SecureRandom()),
        Date.from(now.minus(Duration.ofDays(1))),
        Date.from(now.plus(lifetime)),
        subject,
        pair.getPublic());
  }

  private X509Certificate sign(JcaX509v3CertificateBuilder builder)
      throws GeneralSecurityException, OperatorCreationException {
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
  }

  private static KeyPair newKey(String algorithm, int bits) throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(bits);
    return generator.generateKeyPair();
  }

  private static String pem(Object what) throws IOException {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      writer.writeObject(what);
    }
    return text.toString();
  }
}
