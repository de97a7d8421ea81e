package io.redoubt.enclave.remoting;

import io.redoubt.protocol.id.EnclaveId;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import org.apache.pekko.remote.artery.tcp.SSLEngineProviderSetup;
import org.slf4j.LoggerFactory;
import scala.Option;

/**
 * TLS 1.3 between nodes, both sides with a certificate. Pekko's own provider that renews its keys
 * reads RSA keys only and does not look at whom it has dialled.
 */
public final class ArterySslEngines implements SSLEngineProvider {
  private static final String[] PROTOCOLS = {"TLSv1.3"};
  private static final Duration SAY_AGAIN = Duration.ofSeconds(1);

  private final RotatingIdentity identity;
  private final EnclaveId enclave;
  private final Refusals refusals =
      new Refusals(LoggerFactory.getLogger(ArterySslEngines.class), SAY_AGAIN);
  private final Handshakes handshakes;
  private final Dialled dialled;

  private ArterySslEngines(RemotingTlsConfig config, EnclaveId enclave, Dialled dialled) {
    this.dialled = dialled;
    this.identity = new RotatingIdentity(config.files(), enclave, config.checkEvery());
    this.enclave = enclave;
    this.handshakes = new Handshakes(config.handshakeLimit(), config.maxHandshakes(), refusals);
  }

  /**
   * For the creation of the actor system.
   *
   * @param dialled hears what others say to connections from here
   * @throws IllegalStateException with a plain sentence where the files are no identity
   */
  public static SSLEngineProviderSetup setup(
      RemotingTlsConfig config, EnclaveId enclave, Dialled dialled) {
    var engines = new ArterySslEngines(config, enclave, dialled);
    return SSLEngineProviderSetup.create(_ -> engines);
  }

  static ArterySslEngines of(RemotingTlsConfig config, EnclaveId enclave) {
    return new ArterySslEngines(config, enclave, new Dialled());
  }

  /** How many connections there are on which nobody has proved anything yet. */
  int handshakesUnderWay() {
    return handshakes.underWay();
  }

  @Override
  public SSLEngine createServerSSLEngine(String hostname, int port) {
    SSLEngine engine = identity.current().context().createSSLEngine(hostname, port);
    engine.setUseClientMode(false);
    engine.setEnabledProtocols(PROTOCOLS);
    engine.setNeedClientAuth(true);
    return new WatchedEngine(
        engine,
        refused -> refusals.say(String.valueOf(refused.getMessage())),
        handshakes.begin(TlsStage.cutter()));
  }

  @Override
  public SSLEngine createClientSSLEngine(String hostname, int port) {
    SSLEngine engine = identity.current().context().createSSLEngine(hostname, port);
    engine.setUseClientMode(true);
    engine.setEnabledProtocols(PROTOCOLS);
    var parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    engine.setSSLParameters(parameters);
    return new WatchedEngine(engine, dialled::failed, new CompletableFuture<>());
  }

  @Override
  public Option<Throwable> verifyClientSession(String hostname, SSLSession session) {
    return problem(session);
  }

  @Override
  public Option<Throwable> verifyServerSession(String hostname, SSLSession session) {
    return problem(session);
  }

  /** Once more after the handshake: a resumed session has shown its certificate long ago. */
  private Option<Throwable> problem(SSLSession session) {
    try {
      var peer = (X509Certificate) session.getPeerCertificates()[0];
      peer.checkValidity();
      NodeNames.require(peer, enclave);
      return Option.empty();
    } catch (CertificateException | SSLPeerUnverifiedException e) {
      refusals.say(String.valueOf(e.getMessage()));
      return Option.apply(e);
    }
  }
}
