package io.redoubt.enclave.operatorapi;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.Jwk;
import io.redoubt.protocol.link.LinkCommand.BreakGlassClient;
import io.redoubt.protocol.link.LinkCommand.PutOperatorTrust;
import io.redoubt.protocol.link.LinkCommand.Withdrawal;
import io.redoubt.protocol.text.PlainText;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/**
 * Which operators this enclave believes, as the control plane last said. Kept in the database and
 * read at each use: breaking the glass is rare, and nothing can be stopped without the database
 * anyway.
 */
public final class OperatorTrust {
  private static final int MAX_NAME = 100;

  private final Database database;

  public OperatorTrust(Database database) {
    this.database = database;
  }

  /** A break-glass client, and whose it is. */
  record Known(OrganizationId organization, BreakGlassClient client) {}

  /**
   * Replaces what was believed of the organization's operators.
   *
   * @param number of the command that says so; what an older one says is history
   */
  public CompletionStage<Void> put(
      OrganizationId organization, PutOperatorTrust trust, long number) {
    String document = new String(Json.write(trust), StandardCharsets.UTF_8);
    return database
        .inOrganization(
            organization,
            handle ->
                handle
                    .createUpdate(
                        "INSERT INTO enclave.operator_trust AS t"
                            + " (organization_id, command, document)"
                            + " VALUES (:organization, :number, CAST(:document AS jsonb))"
                            + " ON CONFLICT (organization_id) DO UPDATE"
                            + " SET command = excluded.command, document = excluded.document,"
                            + " put_at = now()"
                            + " WHERE t.command <= excluded.command")
                    .bind("organization", organization.uuid())
                    .bind("number", number)
                    .bind("document", document)
                    .execute())
        .thenApply(_ -> null);
  }

  /**
   * Who loses a client by this, or may not decide through it any more: what they have approved here
   * may be what that client said, which nobody wrote down, and it then counts no more. To be asked
   * before it is believed; after that, the same command names those whose clients are gone.
   *
   * @param number of the command that says so; one that is history takes nothing from anybody
   */
  public CompletionStage<Set<String>> losing(
      OrganizationId organization, PutOperatorTrust next, long number) {
    record Believed(long command, PutOperatorTrust trust) {}
    return database.inOrganization(
        organization,
        handle ->
            handle
                .createQuery(
                    "SELECT command, CAST(document AS text) AS document"
                        + " FROM enclave.operator_trust")
                .map((row, _) ->
                    new Believed(
                        row.getLong("command"),
                        read(row.getString("document"), PutOperatorTrust.class)))
                .findOne()
                .map(believed ->
                    believed.command() > number
                        ? Set.<String>of()
                        : losing(
                            believed.trust(),
                            believed.command() == number ? List.of() : believed.trust().withdrawn(),
                            next))
                .orElse(Set.of()));
  }

  private static Set<String> losing(
      PutOperatorTrust before, List<Withdrawal> knownOf, PutOperatorTrust now) {
    var lost = new HashSet<String>();
    for (Withdrawal withdrawal : now.withdrawn()) {
      if (!withdrawal.permissions().contains(ApprovalRoutes.DECIDE)
          && !knownOf.contains(withdrawal)) {
        lost.add(withdrawal.actsAs());
      }
    }
    var deciding =
        now.clients().stream()
            .filter(OperatorTrust::mayDecide)
            .map(BreakGlassClient::clientId)
            .collect(Collectors.toSet());
    for (BreakGlassClient client : before.clients()) {
      if (mayDecide(client) && !deciding.contains(client.clientId())) {
        lost.add(client.actsAs());
      }
    }
    return lost;
  }

  private static boolean mayDecide(BreakGlassClient client) {
    return client.permissions().contains(ApprovalRoutes.DECIDE);
  }

  CompletionStage<Optional<PutOperatorTrust>> of(OrganizationId organization) {
    return database.inOrganization(
        organization,
        handle ->
            handle
                .createQuery("SELECT CAST(document AS text) FROM enclave.operator_trust")
                .mapTo(String.class)
                .findOne()
                .map(document -> read(document, PutOperatorTrust.class)));
  }

  /** The key of that name, handed down for whichever organization. */
  CompletionStage<Optional<Jwk>> key(String kid) {
    if (!canBeAsked(kid)) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return database.inTransaction(handle ->
        handle
            .createQuery("SELECT CAST(enclave.operator_key(:kid) AS text)")
            .bind("kid", kid)
            .mapTo(String.class)
            .findOne()
            .map(document -> read(document, Jwk.class)));
  }

  CompletionStage<Optional<Known>> client(String clientId) {
    if (!canBeAsked(clientId)) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return database
        .inTransaction(handle ->
            handle
                .createQuery("SELECT enclave.organization_of_client(:client)")
                .bind("client", clientId)
                .mapTo(UUID.class)
                .findOne()
                .map(OrganizationId::new))
        .thenCompose(organization ->
            organization
                .map(it -> of(it).thenApply(trust -> trust.flatMap(t -> find(it, t, clientId))))
                .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty())));
  }

  /** What the database cannot take as text is nobody's name. */
  private static boolean canBeAsked(String name) {
    return PlainText.fits(name, MAX_NAME);
  }

  private static Optional<Known> find(
      OrganizationId organization, PutOperatorTrust trust, String clientId) {
    return trust.clients().stream()
        .filter(client -> client.clientId().equals(clientId))
        .findFirst()
        .map(client -> new Known(organization, client));
  }

  private static <T> T read(String document, Class<T> type) {
    try {
      return Json.LENIENT.readValue(document, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("written by this class", e);
    }
  }
}
