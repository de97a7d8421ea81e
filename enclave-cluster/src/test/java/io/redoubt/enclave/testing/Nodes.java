package io.redoubt.enclave.testing;

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
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Several nodes of one enclave in this JVM, on one database. */
public final class Nodes implements AutoCloseable {
  public final FakeControlPlane controlPlane = new FakeControlPlane();
  public final TemporaryDatabase database = TemporaryDatabase.create();

  private final Path directory;
  private final List<Enclave> running = new ArrayList<>();

  public Nodes() {
    try {
      directory = Files.createTempDirectory(Path.of("target"), "nodes-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Path directory() {
    return directory;
  }

  public Enclave start(String node) {
    return start(node, Map.of(), Clock.systemUTC());
  }

  /** Starts a node; fails as the node does. */
  public Enclave start(String node, Map<String, Object> more, Clock clock) {
    var own = new HashMap<>(QuickEnd.SETTINGS);
    own.put("redoubt.enclave.node", node);
    own.put("redoubt.enclave.master-key-file", directory.resolve("master.key").toString());
    own.put("redoubt.enclave.servers.agent.port", 0);
    own.put("redoubt.enclave.servers.acting.port", 0);
    own.put("redoubt.enclave.servers.management.port", 0);
    own.put("redoubt.enclave.cluster.port", 0);
    own.put("redoubt.enclave.drain-notice", "0s");
    own.put("redoubt.enclave.link.url", controlPlane.url().toString());
    own.put("redoubt.enclave.link.api-key", controlPlane.apiKey.reveal());
    own.put("redoubt.enclave.link.backoff-max", "1s");
    own.put("redoubt.enclave.database.url", database.url());
    own.put("redoubt.enclave.database.user", DatabaseRole.ENCLAVE.user());
    Secret password = database.password(DatabaseRole.ENCLAVE);
    own.put("redoubt.enclave.database.password", password.reveal());
    own.putAll(more);
    var metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var enclave =
        Enclave.start(
            EnclaveConfig.from(
                ConfigFactory.parseMap(own).withFallback(ConfigFactory.load()).resolve()),
            new EnclaveEnvironment(
                metrics,
                metrics::scrape,
                OpenTelemetry.noop().getTracer("test"),
                clock,
                RunningTime.NANOS,
                Optional.empty()));
    synchronized (running) {
      running.add(enclave);
    }
    return enclave;
  }

  /** Makes an organization known, with a model and with the operators of the control plane. */
  public void introduce(OrganizationId organization, URI model) {
    controlPlane.say(
        organization,
        new LinkCommand.PutOrganization(
            new OrganizationSpec(
                "Example",
                OrganizationSpec.Payloads.METADATA,
                30,
                OrganizationSpec.OfflineMode.FREEZE,
                1)));
    controlPlane.say(
        organization,
        new LinkCommand.PutProvider(
            new ProviderSpec(
                "anthropic", ProviderSpec.Kind.ANTHROPIC, model, List.of(), 30, false, 1),
            controlPlane.seal(organization, "anthropic", SlowModel.API_KEY)));
    controlPlane.publish(organization, 1, Starter.DOCUMENT);
    controlPlane.awaitApplied(
        controlPlane.say(
            organization,
            new LinkCommand.PutOperatorTrust(
                "urn:redoubt:control-plane",
                new JwkSet(List.of(controlPlane.operatorKey.publicHalf().jwk())),
                List.of(),
                List.of(),
                null)));
    controlPlane.awaitRunning(organization, 1);
  }

  /** An agent with a bootstrap token on offer, which calls the given node. */
  public TestAgent agent(OrganizationId organization, Enclave node) {
    var clock = Clock.systemUTC();
    var id = AgentId.next(clock);
    var token = AgentToken.mint(AgentToken.Kind.BOOTSTRAP, FamilyHandle.create(organization, id));
    controlPlane.say(organization, new LinkCommand.PutAgent(id, EnclaveFixture.spec(List.of())));
    controlPlane.awaitApplied(
        controlPlane.say(
            organization,
            new LinkCommand.OfferBootstrap(
                id, token.digest(), clock.instant().plus(Duration.ofHours(1)))));
    return new TestAgent(node::agentUrl, node::actingUrl, organization, id, token);
  }

  public void stop(Enclave enclave) {
    synchronized (running) {
      running.remove(enclave);
    }
    enclave.close();
  }

  @Override
  public void close() {
    List.copyOf(running).forEach(this::stop);
    controlPlane.close();
    database.close();
  }
}
