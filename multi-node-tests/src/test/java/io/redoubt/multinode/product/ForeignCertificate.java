package io.redoubt.multinode.product;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;

/**
 * A node's certificate for which nobody vouches but itself, made with the JDK's own tool.
 *
 * @param certificate PEM file
 * @param privateKey PEM file
 */
public record ForeignCertificate(Path certificate, Path privateKey) {
  private static final String PASSWORD = "of-a-test";
  private static final String ALIAS = "foreign";

  /** Makes one, for the loopback address and that name. */
  public static ForeignCertificate write(Path directory, String uri) {
    Path store = directory.resolve("foreign.p12");
    try {
      Files.deleteIfExists(store);
      var keytool =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                  "-genkeypair",
                  "-keyalg",
                  "EC",
                  "-groupname",
                  "secp256r1",
                  "-alias",
                  ALIAS,
                  "-dname",
                  "CN=foreign",
                  "-ext",
                  "san=ip:127.0.0.1,uri:" + uri,
                  "-ext",
                  "eku=serverAuth,clientAuth",
                  "-storetype",
                  "PKCS12",
                  "-storepass",
                  PASSWORD,
                  "-keystore",
                  store.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      assertThat(keytool.waitFor(20, TimeUnit.SECONDS)).as("keytool ends").isTrue();
      var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
      return new ForeignCertificate(
          pem(
              directory.resolve("foreign.pem"),
              "CERTIFICATE",
              keys.getCertificate(ALIAS).getEncoded()),
          pem(
              directory.resolve("foreign-key.pem"),
              "PRIVATE KEY",
              keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static Path pem(Path file, String what, byte[] content) throws IOException {
    String base64 =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(content);
    return Files.writeString(
        file, "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n");
  }
}
