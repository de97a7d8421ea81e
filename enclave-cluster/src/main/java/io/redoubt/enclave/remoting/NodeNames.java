package io.redoubt.enclave.remoting;

import io.redoubt.protocol.id.EnclaveId;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;

/**
 * What a node's certificate must say: the enclave it belongs to, as a URI among its names (RFC 5280
 * §4.2.1.6). That the authority is trusted is not enough, since it may vouch for other enclaves
 * too.
 */
public final class NodeNames {
  private static final int URI = 6;

  private NodeNames() {}

  /** The name that every node of the enclave has in its certificate. */
  public static String of(EnclaveId enclave) {
    return "urn:redoubt:enclave:" + enclave;
  }

  /** Throws, and says what is missing, where the certificate is not of a node of the enclave. */
  static void require(X509Certificate certificate, EnclaveId enclave) throws CertificateException {
    if (!uris(certificate).contains(of(enclave))) {
      throw new CertificateException(
          "the certificate of "
              + certificate.getSubjectX500Principal().getName()
              + " does not name "
              + of(enclave));
    }
  }

  private static List<String> uris(X509Certificate certificate) throws CertificateException {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    return names == null
        ? List.of()
        : names.stream()
            .filter(name -> Integer.valueOf(URI).equals(name.get(0)))
            .map(name -> String.valueOf(name.get(1)))
            .toList();
  }
}
