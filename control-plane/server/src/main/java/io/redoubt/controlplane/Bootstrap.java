package io.redoubt.controlplane;

import io.redoubt.controlplane.iam.Member;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Operator;
import io.redoubt.controlplane.provider.Providers;
import io.redoubt.controlplane.upstream.Reach;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.secret.Secret;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Sets up a local installation, and finds it again at the next start. Only for who runs in the same
 * process: none of it is reachable over the network. Everything here blocks.
 */
public final class Bootstrap {
  /** The client whose secret is new at each start. */
  private static final String CLIENT = "redoubt up";

  private static final int SIMULATED_TIMEOUT_SECONDS = 60;

  private final Services services;
  private final Database database;
  private final Clock clock;

  Bootstrap(Services services, Database database, Clock clock) {
    this.services = services;
    this.database = database;
    this.clock = clock;
  }

  /** How the first operator logs in. */
  public record OwnerCredential(ClientId clientId, Secret clientSecret) {}

  /** How an enclave calls. */
  public record EnclaveCredential(EnclaveId enclaveId, Secret apiKey) {}

  /** The organization of that name, made if there is none. */
  public OrganizationId ensureOrganization(String name) {
    return database
        .inTransactionBlocking(handle -> services.organizations.named(handle, name))
        .orElseGet(() -> {
          var id = OrganizationId.next(clock);
          return change(id, change -> services.organizations.create(change, name).id());
        });
  }

  /**
   * An owner and platform administrator, with a break-glass client of that member's. A new secret
   * at each call; the one before it dies.
   */
  public OwnerCredential ensureOwner(OrganizationId organization, String memberName) {
    return change(
        organization,
        change -> {
          Member owner =
              services
                  .members
                  .findInstaller(change, memberName)
                  .orElseGet(() -> services.members.createInstaller(change, memberName));
          var client =
              services
                  .clients
                  .findOfMember(change, owner, CLIENT)
                  .map(found -> services.clients.rotate(change, found))
                  .orElseGet(() -> services.clients.createForMember(change, CLIENT, owner, true));
          return new OwnerCredential(client.client().id(), Secret.of(client.secret().reveal()));
        });
  }

  /** The organization's enclave of that name, with a new key at each call. */
  public EnclaveCredential ensureEnclave(OrganizationId organization, String name) {
    return change(
        organization,
        change -> {
          var enclave =
              services
                  .enclaves
                  .named(change, name)
                  .map(id -> services.enclaves.rotateKey(change, id))
                  .orElseGet(() -> services.enclaves.create(change, name));
          return new EnclaveCredential(
              enclave.enclave().id(), Secret.of(enclave.apiKey().reveal()));
        });
  }

  /**
   * Whether the enclave is connected and has applied all that it was told: from then on an order
   * reaches it, and it knows its operators.
   */
  public boolean isLinked(OrganizationId organization, EnclaveId enclave) {
    return change(
        organization,
        change ->
            services
                .enclaves
                .find(change, change.now(), enclave)
                .filter(it -> it.listening() && it.lag() == 0)
                .isPresent());
  }

  /** Stand-ins for model providers, labelled as such; addresses may change from start to start. */
  public void ensureSimulatedProviders(
      OrganizationId organization, Map<ProviderSpec.Kind, URI> baseUrls) {
    baseUrls.forEach((kind, baseUrl) -> {
      var draft =
          new Providers.Draft(
              "simulated-" + kind.wire(),
              kind,
              new Reach(baseUrl, SIMULATED_TIMEOUT_SECONDS, null, null),
              List.of(),
              true);
      byte[] key =
          services
              .providers
              .upstreams()
              .seal(organization, draft.name(), Secret.of("simulated"))
              .toCompletableFuture()
              .join();
      var _ = change(organization, change -> services.providers.put(change, draft, key));
    });
  }

  /** Removes the stand-ins of an earlier start: without their server they answer nobody. */
  public void removeSimulatedProviders(OrganizationId organization) {
    int _ = change(organization, services.providers::deleteSimulated);
  }

  private <T> T change(OrganizationId organization, Function<Change, T> work) {
    return database.inOrganizationBlocking(
        organization,
        handle ->
            work.apply(
                new Change(handle, Operator.system(organization), clock, null, services.trail)));
  }
}
