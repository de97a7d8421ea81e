package io.redoubt.enclave.remoting;

import io.redoubt.protocol.id.EnclaveId;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** One reading of a node's files, ready for use. */
record NodeIdentity(SSLContext context, X509Certificate certificate) {

  /**
   * Reads the files.
   *
   * @throws IOException with a plain sentence where they do not make a node of the enclave
   */
  static NodeIdentity read(NodeFiles files, EnclaveId enclave) throws IOException {
    NodeFiles.Content content = files.read();
    X509Certificate own = content.chain().getFirst();
    try {
      own.checkValidity();
      NodeNames.require(own, enclave);
      requireMatch(own, content.key(), files);
      char[] inMemoryOnly = {'-'};
      var keyStore = empty();
      keyStore.setKeyEntry(
          "node", content.key(), inMemoryOnly, content.chain().toArray(X509Certificate[]::new));
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(keyStore, inMemoryOnly);
      var context = SSLContext.getInstance("TLSv1.3");
      context.init(
          keys.getKeyManagers(),
          new TrustManager[] {new NodeTrust(chains(content), enclave)},
          null);
      return new NodeIdentity(context, own);
    } catch (GeneralSecurityException e) {
      throw new IOException(
          files.certificate() + " cannot be used between nodes: " + e.getMessage(), e);
    }
  }

  /** Otherwise only the next handshake would find out, long after the files were replaced. */
  private static void requireMatch(X509Certificate own, PrivateKey key, NodeFiles files)
      throws GeneralSecurityException, IOException {
    byte[] nonce = new byte[32];
    new SecureRandom().nextBytes(nonce);
    var signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(key);
    signer.update(nonce);
    byte[] signature = signer.sign();
    var verifier = Signature.getInstance("SHA256withECDSA");
    verifier.initVerify(own.getPublicKey());
    verifier.update(nonce);
    if (!verifier.verify(signature)) {
      throw new IOException(
          files.privateKey() + " is not the key of the certificate in " + files.certificate());
    }
  }

  private static X509ExtendedTrustManager chains(NodeFiles.Content content)
      throws GeneralSecurityException, IOException {
    var authorities = empty();
    for (X509Certificate authority : content.authorities()) {
      authorities.setCertificateEntry(
          "authority-" + authority.getSerialNumber() + "-" + authorities.size(), authority);
    }
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(authorities);
    return Arrays.stream(factory.getTrustManagers())
        .filter(X509ExtendedTrustManager.class::isInstance)
        .map(X509ExtendedTrustManager.class::cast)
        .findFirst()
        .orElseThrow(() -> new GeneralSecurityException("no X.509 in this JDK"));
  }

  private static KeyStore empty() throws GeneralSecurityException, IOException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }
}
