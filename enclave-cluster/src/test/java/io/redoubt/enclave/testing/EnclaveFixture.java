package io.redoubt.enclave.testing;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.redoubt.enclave.Enclave;
import io.redoubt.enclave.EnclaveConfig;
import io.redoubt.enclave.EnclaveEnvironment;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.SecretKeyText;
import io.redoubt.testing.line.Line;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A whole enclave in this JVM, with its database, its control plane and a model. */
public final class EnclaveFixture implements AutoCloseable {
  private static final Clock CLOCK = Clock.systemUTC();

  public final FakeControlPlane controlPlane = new FakeControlPlane();
  public final SlowModel model = new SlowModel();
  public final OrganizationId organization = OrganizationId.next(CLOCK);
  public final SecretKeyText breakGlassSecret =
      SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
  public final Line databaseLine;

  private final TemporaryDatabase database = TemporaryDatabase.create();
  private final Path directory;
  private final Map<String, Object> settings = new HashMap<>();
  private @Nullable Enclave enclave;

  /** One that many tests share; it ends with the JVM. */
  public static EnclaveFixture shared() {
    return Shared.INSTANCE;
  }

  private static final class Shared {
    static final EnclaveFixture INSTANCE = new EnclaveFixture(Map.of());
  }

  public EnclaveFixture(Map<String, Object> more) {
    settings.putAll(more);
    // All tests of a JVM are one operator at one address.
    settings.putIfAbsent("redoubt.enclave.operator-api.per-second", 1_000);
    settings.putIfAbsent("redoubt.enclave.operator-api.burst", 1_000);
    // What connectors ask is on this machine, too.
    settings.putIfAbsent("redoubt.proxy.tools.denied-addresses", List.of());
    databaseLine = new Line(URI.create(database.url().substring(5)).getPort());
    try {
      directory = Files.createTempDirectory(Path.of("target"), "enclave-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start();
    introduce(organization);
  }

  /** Makes an organization known, with its model, its first policy and its operators. */
  public void introduce(OrganizationId known) {
    controlPlane.say(
        known,
        new LinkCommand.PutOrganization(
            new OrganizationSpec(
                "Example",
                OrganizationSpec.Payloads.METADATA,
                30,
                OrganizationSpec.OfflineMode.FREEZE,
                1)));
    provide(known);
    controlPlane.publish(known, 1, Starter.DOCUMENT);
    trust(known, breakGlassSecret, Set.of("agents:manage"));
    controlPlane.awaitRunning(known, 1);
  }

  /** Makes the model known to the organization. */
  public void provide(OrganizationId known) {
    controlPlane.say(
        known,
        new LinkCommand.PutProvider(
            new ProviderSpec(
                "anthropic", ProviderSpec.Kind.ANTHROPIC, model.url(), List.of(), 30, false, 1),
            controlPlane.seal(known, "anthropic", SlowModel.API_KEY)));
  }

  /** Tells the enclave which client may break the glass in the organization, and for what. */
  public void trust(OrganizationId of, SecretKeyText client, Set<String> permissions) {
    trust(of, client, permissions, List.of(), null);
  }

  /** The same, where a member is behind the client. */
  public void trust(
      OrganizationId of, SecretKeyText client, Set<String> permissions, String member) {
    trust(
        of,
        new LinkCommand.BreakGlassClient(client.owner(), client.digest(), permissions, member),
        List.of(),
        null);
  }

  /** Tells the enclave besides what was taken from whom. */
  public void trust(
      OrganizationId of,
      SecretKeyText client,
      Set<String> permissions,
      List<LinkCommand.Withdrawal> withdrawn,
      @Nullable Instant issuedFrom) {
    trust(
        of,
        new LinkCommand.BreakGlassClient(client.owner(), client.digest(), permissions, null),
        withdrawn,
        issuedFrom);
  }

  private void trust(
      OrganizationId of,
      LinkCommand.BreakGlassClient client,
      List<LinkCommand.Withdrawal> withdrawn,
      @Nullable Instant issuedFrom) {
    controlPlane.awaitApplied(
        controlPlane.say(
            of,
            new LinkCommand.PutOperatorTrust(
                "urn:redoubt:control-plane",
                new JwkSet(List.of(controlPlane.operatorKey.publicHalf().jwk())),
                List.of(client),
                withdrawn,
                issuedFrom)));
  }

  /** What a client is answered that asks the enclave itself for a token. */
  public Answer token(String client, String secret) {
    String basic =
        Base64.getEncoder()
            .encodeToString((client + ":" + secret).getBytes(StandardCharsets.UTF_8));
    return Http.post(
        enclave().agentUrl().resolve("/v1/operator/token"),
        "grant_type=client_credentials".getBytes(StandardCharsets.UTF_8),
        "application/x-www-form-urlencoded",
        "Authorization",
        "Basic " + basic);
  }

  /** A token of an operator of {@link #organization}. */
  public String operatorToken(String permission) {
    return controlPlane.operatorToken(organization, permission);
  }

  /** Starts the enclave, again where it was stopped. */
  public void start() {
    enclave = Enclave.start(EnclaveConfig.from(config()), environment());
  }

  public void stop() {
    enclave().close();
    enclave = null;
  }

  public Enclave enclave() {
    Enclave running = enclave;
    if (running == null) {
      throw new IllegalStateException("the enclave is stopped");
    }
    return running;
  }

  private Config config() {
    var own = new HashMap<>(QuickEnd.SETTINGS);
    own.put("redoubt.enclave.node", "node-1");
    own.put("redoubt.enclave.master-key-file", directory.resolve("master.key").toString());
    own.put("redoubt.enclave.servers.agent.port", 0);
    own.put("redoubt.enclave.servers.acting.port", 0);
    own.put("redoubt.enclave.servers.management.port", 0);
    own.put("redoubt.enclave.cluster.port", 0);
    own.put("redoubt.enclave.drain-notice", "0s");
    own.put("redoubt.enclave.link.url", controlPlane.url().toString());
    own.put("redoubt.enclave.link.api-key", controlPlane.apiKey.reveal());
    own.put("redoubt.enclave.link.backoff-max", "1s");
    own.put(
        "redoubt.enclave.database.url",
        database.url().replaceFirst(":\\d+/", ":" + databaseLine.port() + "/"));
    own.put("redoubt.enclave.database.user", DatabaseRole.ENCLAVE.user());
    own.put("redoubt.enclave.database.password", database.password(DatabaseRole.ENCLAVE).reveal());
    own.put("redoubt.enclave.database.connection-timeout", "1s");
    own.putAll(settings);
    return ConfigFactory.parseMap(own).withFallback(ConfigFactory.load()).resolve();
  }

  private static EnclaveEnvironment environment() {
    var metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    return new EnclaveEnvironment(
        metrics,
        metrics::scrape,
        OpenTelemetry.noop().getTracer("test"),
        CLOCK,
        RunningTime.NANOS,
        Optional.empty());
  }

  /** An agent that may call from anywhere. */
  public TestAgent agent() {
    return agent(organization, List.of());
  }

  /** An agent of the organization, with a bootstrap token on offer. */
  public TestAgent agent(OrganizationId of, List<Cidr> clientCidr) {
    return agent(of, spec(clientCidr));
  }

  /** An agent of the organization that is as said, with a bootstrap token on offer. */
  public TestAgent agent(OrganizationId of, AgentSpec spec) {
    var id = AgentId.next(CLOCK);
    controlPlane.say(of, new LinkCommand.PutAgent(id, spec));
    var token = offer(of, id, Duration.ofHours(1));
    controlPlane.awaitApplied(controlPlane.lastNumber());
    // Asked at each call: a restarted enclave has other addresses.
    return new TestAgent(() -> enclave().agentUrl(), () -> enclave().actingUrl(), of, id, token);
  }

  public AgentToken offer(OrganizationId of, AgentId agent, Duration lifetime) {
    var token = AgentToken.mint(AgentToken.Kind.BOOTSTRAP, FamilyHandle.create(of, agent));
    controlPlane.say(
        of, new LinkCommand.OfferBootstrap(agent, token.digest(), CLOCK.instant().plus(lifetime)));
    return token;
  }

  public static AgentSpec spec(List<Cidr> clientCidr) {
    return new AgentSpec("agent", "mem_owner", Map.of(), clientCidr, ModelAccess.ANY, false, 1);
  }

  @Override
  public void close() {
    if (enclave != null) {
      stop();
    }
    model.close();
    controlPlane.close();
    try {
      databaseLine.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    database.close();
  }
}
