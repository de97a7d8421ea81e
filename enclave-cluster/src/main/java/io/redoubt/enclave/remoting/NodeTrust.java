package io.redoubt.enclave.remoting;

import io.redoubt.protocol.id.EnclaveId;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** Trusts nodes of one enclave: the platform's rules for the chain, and then the enclave's name. */
final class NodeTrust extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager chains;
  private final EnclaveId enclave;

  NodeTrust(X509ExtendedTrustManager chains, EnclaveId enclave) {
    this.chains = chains;
    this.enclave = enclave;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    chains.checkClientTrusted(chain, type, engine);
    NodeNames.require(chain[0], enclave);
  }

  /** The host that was dialled is compared with the certificate's names by the platform. */
  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    chains.checkServerTrusted(chain, type, engine);
    NodeNames.require(chain[0], enclave);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw engineNeeded();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw engineNeeded();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw engineNeeded();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw engineNeeded();
  }

  /** Without the engine nobody knows which host was dialled. */
  private static CertificateException engineNeeded() {
    return new CertificateException("nodes are verified with their connection only");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return chains.getAcceptedIssuers();
  }
}
