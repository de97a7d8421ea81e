package io.redoubt.standalone.tls;

import io.redoubt.cli.settings.PrivateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;

/**
 * A server's key and certificate chain.
 *
 * @param chain the server's own certificate first
 */
public record ServerIdentity(PrivateKey key, List<X509Certificate> chain) {
  public ServerIdentity {
    chain = List.copyOf(chain);
  }

  /** The identity in two PEM files. */
  public static ServerIdentity read(Path certificates, Path privateKey) throws IOException {
    return new ServerIdentity(PemFiles.privateKey(privateKey), PemFiles.certificates(certificates));
  }

  /** Writes the two files, the key first and for its owner only. */
  public void write(Path certificates, Path privateKey) throws IOException {
    var text = new StringBuilder();
    for (X509Certificate certificate : chain) {
      text.append(LocalAuthority.pem(certificate));
    }
    PrivateFiles.write(privateKey, LocalAuthority.pem(new JcaPKCS8Generator(key, null)));
    PrivateFiles.write(certificates, text.toString());
  }

  /** For a server that asks its clients for no certificate. */
  public SSLContext sslContext() throws IOException {
    try {
      char[] inMemoryOnly = {'-'};
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("server", key, inMemoryOnly, chain.toArray(X509Certificate[]::new));
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, inMemoryOnly);
      var context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), new TrustManager[0], null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("the server's certificate cannot be used: " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return "ServerIdentity[" + chain.getFirst().getSubjectX500Principal() + "]";
  }
}
