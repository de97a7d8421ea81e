package io.redoubt.enclave.remoting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.enclave.testing.TestAuthority;
import io.redoubt.protocol.id.EnclaveId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may speak to a node: another node of the same enclave, at the address that was dialled. */
class ArterySslEnginesTest {
  private static final String HERE = "127.0.0.1";
  private static final EnclaveId ENCLAVE = EnclaveId.next(Clock.systemUTC());
  private static final EnclaveId FOREIGN = EnclaveId.next(Clock.systemUTC());

  private final TestAuthority authority = new TestAuthority();

  @TempDir Path directory;

  @Test
  void nodesOfOneEnclaveUnderstandEachOther() throws Exception {
    SSLSession session = handshake(engines("a", ENCLAVE), engines("b", ENCLAVE), HERE);

    assertThat(session.getProtocol()).isEqualTo("TLSv1.3");
    assertThat(session.getPeerCertificates()).isNotEmpty();
    assertThat(engines("c", ENCLAVE).verifyServerSession(HERE, session).isEmpty()).isTrue();
  }

  @Test
  void whoHasProvedWhoItIsOrWasRefusedIsNoStrangerAnyMore() throws Exception {
    var engines = engines("b", ENCLAVE);
    SSLEngine silent = server(engines);
    assertThat(engines.handshakesUnderWay()).isEqualTo(1);

    handshake(engines("a", ENCLAVE), engines, HERE);
    assertThatThrownBy(() -> handshake(lenient("c", FOREIGN), server(engines)))
        .isInstanceOf(SSLException.class);
    assertThat(engines.handshakesUnderWay()).isEqualTo(1);

    silent.closeOutbound();
    assertThat(engines.handshakesUnderWay()).isZero();
  }

  @Test
  void aNodeOfAnotherEnclaveIsRefusedAlthoughTheAuthorityIsTheSame() {
    assertThatThrownBy(() -> handshake(engines("a", FOREIGN), engines("b", ENCLAVE), HERE))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("does not name urn:redoubt:enclave:" + FOREIGN);
  }

  @Test
  void aClientOfAnotherEnclaveIsRefusedByTheServer() throws Exception {
    // It believes the server whatever that is, as an attacker's own program would.
    var intruder = lenient("a", FOREIGN);

    assertThatThrownBy(() -> handshake(intruder, server(engines("b", ENCLAVE))))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("does not name urn:redoubt:enclave:" + ENCLAVE);
  }

  @Test
  void aCertificateOfAForeignAuthorityIsRefused() {
    var files = new TestAuthority().node(directory.resolve("foreign"), NodeNames.of(ENCLAVE));
    var stranger = ArterySslEngines.of(config(files), ENCLAVE);

    assertThatThrownBy(() -> handshake(stranger, engines("b", ENCLAVE), HERE))
        .isInstanceOf(SSLException.class);
  }

  @Test
  void aNodeThatIsNotWhomItWasDialledForIsRefused() {
    assertThatThrownBy(() -> handshake(engines("a", ENCLAVE), engines("b", ENCLAVE), "127.0.0.2"))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("127.0.0.2");
  }

  @Test
  void whoShowsNoCertificateIsRefused() throws Exception {
    var context = javax.net.ssl.SSLContext.getInstance("TLSv1.3");
    context.init(null, new javax.net.ssl.TrustManager[] {new TrustsAnybody()}, null);
    SSLEngine nobody = context.createSSLEngine(HERE, 1);
    nobody.setUseClientMode(true);

    assertThatThrownBy(() -> handshake(nobody, server(engines("b", ENCLAVE))))
        .isInstanceOf(SSLException.class);
  }

  @Test
  void whatIsNotTlsAtAllIsRefused() {
    SSLEngine server = server(engines("b", ENCLAVE));
    var plain =
        ByteBuffer.wrap(
            "GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));

    assertThatThrownBy(() -> server.unwrap(plain, ByteBuffer.allocate(1 << 16)))
        .isInstanceOf(SSLException.class);
  }

  @Test
  void replacedFilesAreUsedWithoutARestart() throws Exception {
    ArterySslEngines first = engines("a", ENCLAVE);
    ArterySslEngines second = engines("b", ENCLAVE);
    X509Certificate before = shownBy(second, first);

    node("b", ENCLAVE);

    assertThat(shownBy(second, first)).isNotEqualTo(before);
  }

  @Test
  void filesThatDoNotFitTogetherLeaveTheOldOnesInUse() throws Exception {
    ArterySslEngines first = engines("a", ENCLAVE);
    ArterySslEngines second = engines("b", ENCLAVE);
    X509Certificate before = shownBy(second, first);

    Files.writeString(directory.resolve("b/node.pem"), "nothing");

    assertThat(shownBy(second, first)).isEqualTo(before);
  }

  @Test
  void aKeyOfAnotherCertificateLeavesTheOldOnesInUse() throws Exception {
    ArterySslEngines first = engines("a", ENCLAVE);
    ArterySslEngines second = engines("b", ENCLAVE);
    X509Certificate before = shownBy(second, first);
    TestAuthority.Pem own = node("c", ENCLAVE);

    Files.copy(
        own.privateKey(), directory.resolve("b/node-key.pem"), StandardCopyOption.REPLACE_EXISTING);

    assertThat(shownBy(second, first)).isEqualTo(before);
    var mixed =
        new TestAuthority.Pem(directory.resolve("a/node.pem"), own.privateKey(), own.authorities());
    assertThatThrownBy(() -> ArterySslEngines.of(config(mixed), ENCLAVE))
        .hasMessageContaining("is not the key of the certificate in");
  }

  @Test
  void aCertificateThatIsNoNodesIsNotStartedWith() {
    var foreign = authority.node(directory.resolve("a"), NodeNames.of(FOREIGN));
    var rsa =
        authority.node(
            directory.resolve("b"), NodeNames.of(ENCLAVE), HERE, "RSA", Duration.ofHours(1));
    var expired =
        authority.node(
            directory.resolve("c"), NodeNames.of(ENCLAVE), HERE, "EC", Duration.ofHours(-1));

    assertThatThrownBy(() -> ArterySslEngines.of(config(foreign), ENCLAVE))
        .hasMessageContaining("does not name");
    assertThatThrownBy(() -> ArterySslEngines.of(config(rsa), ENCLAVE))
        .hasMessageContaining("elliptic curve");
    assertThatThrownBy(() -> ArterySslEngines.of(config(expired), ENCLAVE))
        .hasMessageContaining("cannot be used");
  }

  private ArterySslEngines engines(String name, EnclaveId enclave) {
    return ArterySslEngines.of(config(node(name, enclave)), enclave);
  }

  private TestAuthority.Pem node(String name, EnclaveId enclave) {
    return authority.node(directory.resolve(name), NodeNames.of(enclave));
  }

  private static RemotingTlsConfig config(TestAuthority.Pem files) {
    return new RemotingTlsConfig(
        Optional.of(files.certificate()),
        Optional.of(files.privateKey()),
        Optional.of(files.authorities()),
        Duration.ofNanos(1),
        Duration.ofMinutes(1),
        10);
  }

  private SSLEngine lenient(String name, EnclaveId enclave) throws Exception {
    var files = node(name, enclave);
    var content =
        new NodeFiles(files.certificate(), files.privateKey(), files.authorities()).read();
    var store = java.security.KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "k", content.key(), new char[] {'-'}, content.chain().toArray(X509Certificate[]::new));
    var keys = javax.net.ssl.KeyManagerFactory.getInstance("PKIX");
    keys.init(store, new char[] {'-'});
    var context = javax.net.ssl.SSLContext.getInstance("TLSv1.3");
    context.init(
        keys.getKeyManagers(), new javax.net.ssl.TrustManager[] {new TrustsAnybody()}, null);
    SSLEngine engine = context.createSSLEngine(HERE, 1);
    engine.setUseClientMode(true);
    return engine;
  }

  private static SSLEngine server(ArterySslEngines engines) {
    return engines.createServerSSLEngine(HERE, 1);
  }

  /** The certificate that the server shows to the client. */
  private static X509Certificate shownBy(ArterySslEngines server, ArterySslEngines client)
      throws IOException {
    SSLEngine dialling = client.createClientSSLEngine(HERE, 1);
    handshake(dialling, server(server));
    return (X509Certificate) dialling.getSession().getPeerCertificates()[0];
  }

  /** The server's session, once both have said that they are content. */
  private static SSLSession handshake(
      ArterySslEngines client, ArterySslEngines server, String dialled) throws IOException {
    return handshake(client.createClientSSLEngine(dialled, 1), server(server));
  }

  private static SSLSession handshake(SSLEngine client, SSLEngine server) throws IOException {
    var toServer = ByteBuffer.allocate(1 << 17);
    var toClient = ByteBuffer.allocate(1 << 17);
    client.beginHandshake();
    server.beginHandshake();
    for (int round = 0; round < 100; round++) {
      boolean moved = step(client, toClient, toServer);
      moved |= step(server, toServer, toClient);
      if (!moved && isDone(client) && isDone(server)) {
        return server.getSession();
      }
    }
    throw new IOException("no handshake came about");
  }

  private static boolean isDone(SSLEngine engine) {
    return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
  }

  private static boolean step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
    boolean moved = false;
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> {
          Runnable task = engine.getDelegatedTask();
          if (task != null) {
            task.run();
          }
          moved = true;
        }
        case NEED_WRAP -> {
          engine.wrap(ByteBuffer.allocate(0), out);
          moved = true;
        }
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN, NOT_HANDSHAKING, FINISHED -> {
          in.flip();
          if (!in.hasRemaining()) {
            in.compact();
            return moved;
          }
          SSLEngineResult result = engine.unwrap(in, ByteBuffer.allocate(1 << 16));
          in.compact();
          if (result.bytesConsumed() == 0) {
            return moved;
          }
          moved = true;
        }
      }
    }
  }

  private static final class TrustsAnybody extends javax.net.ssl.X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
