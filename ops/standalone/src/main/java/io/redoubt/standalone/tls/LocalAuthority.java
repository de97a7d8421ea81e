package io.redoubt.standalone.tls;

import io.redoubt.cli.settings.PrivateFiles;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority for one machine. Its key stays in the data directory, mode 0600; the
 * servers' own keys are made at each start and never leave memory.
 */
public final class LocalAuthority {
  private static final Duration AUTHORITY_LIFETIME = Duration.ofDays(3650);
  private static final Duration SERVER_LIFETIME = Duration.ofDays(397);

  /** Clocks differ: a certificate is valid from a little before it was made. */
  private static final Duration BACKDATED = Duration.ofHours(1);

  private final PrivateKey key;
  private final X509Certificate certificate;
  private final Path certificateFile;
  private final InstantSource clock;

  private LocalAuthority(
      PrivateKey key, X509Certificate certificate, Path certificateFile, InstantSource clock) {
    this.key = key;
    this.certificate = certificate;
    this.certificateFile = certificateFile;
    this.clock = clock;
  }

  /** The authority of a directory; made where there is none, or where it is about to expire. */
  public static LocalAuthority openOrCreate(Path directory, InstantSource clock)
      throws IOException {
    PrivateFiles.directory(directory);
    Path certificateFile = directory.resolve("ca.pem");
    Path keyFile = directory.resolve("ca-key.pem");
    if (Files.exists(certificateFile) && Files.exists(keyFile)) {
      X509Certificate kept = PemFiles.certificates(certificateFile).getFirst();
      if (kept.getNotAfter().toInstant().isAfter(clock.instant().plus(SERVER_LIFETIME))) {
        return new LocalAuthority(PemFiles.privateKey(keyFile), kept, certificateFile, clock);
      }
    }
    try {
      KeyPair pair = newKey();
      X509Certificate made = authority(pair, clock.instant());
      PrivateFiles.write(keyFile, pem(new JcaPKCS8Generator(pair.getPrivate(), null)));
      PrivateFiles.write(certificateFile, pem(made));
      return new LocalAuthority(pair.getPrivate(), made, certificateFile, clock);
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IOException("the local authority cannot be made", e);
    }
  }

  /** What a client trusts. */
  public Path certificateFile() {
    return certificateFile;
  }

  /**
   * A fresh key and certificate for a server of this machine.
   *
   * @param address a further address it answers at
   */
  public ServerIdentity issue(String address) throws IOException {
    return issue(names(address), SERVER_LIFETIME, KeyPurposeId.id_kp_serverAuth);
  }

  /**
   * A fresh key and certificate for a node of an enclave on this machine, which dials others and is
   * dialled by them.
   *
   * @param name what the certificate says of whom it belongs to, as a URI
   */
  public ServerIdentity issueNode(String name, Duration lifetime) throws IOException {
    var names = new ArrayList<>(List.of(names("127.0.0.1").getNames()));
    names.add(new GeneralName(GeneralName.uniformResourceIdentifier, name));
    return issue(
        new GeneralNames(names.toArray(GeneralName[]::new)),
        lifetime,
        KeyPurposeId.id_kp_serverAuth,
        KeyPurposeId.id_kp_clientAuth);
  }

  private ServerIdentity issue(GeneralNames names, Duration lifetime, KeyPurposeId... purposes)
      throws IOException {
    try {
      KeyPair pair = newKey();
      Instant now = clock.instant();
      X509v3CertificateBuilder builder =
          builder(
              new X500Name(certificate.getSubjectX500Principal().getName()),
              new X500Name("CN=Redoubt on this machine"),
              pair.getPublic(),
              now,
              lifetime);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
      builder.addExtension(Extension.subjectAlternativeName, false, names);
      return new ServerIdentity(pair.getPrivate(), List.of(sign(builder, key), certificate));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IOException("no certificate can be issued", e);
    }
  }

  private static GeneralNames names(String address) {
    var names = new ArrayList<GeneralName>();
    names.add(new GeneralName(GeneralName.dNSName, "localhost"));
    names.add(new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
    names.add(new GeneralName(GeneralName.iPAddress, "::1"));
    if (!List.of("localhost", "127.0.0.1", "::1", "0.0.0.0", "::").contains(address)) {
      boolean literal = address.matches("[0-9.]+|[0-9a-fA-F:]+");
      names.add(new GeneralName(literal ? GeneralName.iPAddress : GeneralName.dNSName, address));
    }
    return new GeneralNames(names.toArray(GeneralName[]::new));
  }

  private static X509Certificate authority(KeyPair pair, Instant now)
      throws GeneralSecurityException, OperatorCreationException, IOException {
    var name = new X500Name("CN=Redoubt local authority");
    X509v3CertificateBuilder builder =
        builder(name, name, pair.getPublic(), now, AUTHORITY_LIFETIME);
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
    builder.addExtension(
        Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
    builder.addExtension(
        Extension.subjectKeyIdentifier,
        false,
        new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
    return sign(builder, pair.getPrivate());
  }

  private static X509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, PublicKey key, Instant now, Duration lifetime) {
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(127, new SecureRandom()),
        Date.from(now.minus(BACKDATED)),
        Date.from(now.plus(lifetime)),
        subject,
        key);
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws GeneralSecurityException, OperatorCreationException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
  }

  private static KeyPair newKey() throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  static String pem(Object what) throws IOException {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      writer.writeObject(what);
    }
    return text.toString();
  }
}
