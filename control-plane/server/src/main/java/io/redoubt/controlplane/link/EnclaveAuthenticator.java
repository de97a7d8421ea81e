package io.redoubt.controlplane.link;

import io.redoubt.controlplane.store.Rows;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Requests;
import io.redoubt.http.Strangers;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.token.SecretKeyText;
import io.redoubt.protocol.token.TokenDigest;
import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jdbi.v3.core.Handle;

/** Authenticates enclaves by their API key, of which the digest is known. */
final class EnclaveAuthenticator {
  private final Database database;
  private final EdgeConfig edge;
  private final Strangers strangers;

  EnclaveAuthenticator(Database database, EdgeConfig edge, Strangers strangers) {
    this.database = database;
    this.edge = edge;
    this.strangers = strangers;
  }

  /** Fails with a {@link ProblemException}: 401 without a good key, 429 after too many. */
  CompletionStage<Caller> authenticate(HttpRequest request) {
    Optional<String> token = Requests.bearer(request);
    if (token.isEmpty()) {
      return CompletableFuture.failedFuture(ProblemException.of(ErrorType.CREDENTIAL_MISSING));
    }
    var key = SecretKeyText.parse(SecretKeyText.Kind.ENCLAVE_API_KEY, token.get());
    var enclave = key.flatMap(EnclaveAuthenticator::enclaveOf);
    if (key.isEmpty() || enclave.isEmpty()) {
      return CompletableFuture.failedFuture(ProblemException.of(ErrorType.CREDENTIAL_INVALID));
    }
    InetAddress source = Requests.source(edge, request);
    strangers.admit(source);
    return database
        .inTransaction(handle -> find(handle, enclave.get()))
        .thenApply(found ->
            found
                .filter(caller -> caller.key().equals(key.get().digest()))
                .orElseThrow(() -> {
                  strangers.note(source);
                  return ProblemException.of(ErrorType.CREDENTIAL_INVALID);
                }));
  }

  private static Optional<EnclaveId> enclaveOf(SecretKeyText key) {
    try {
      return Optional.of(EnclaveId.parse(key.owner()));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static Optional<Caller> find(Handle handle, EnclaveId enclave) {
    return handle
        .createQuery("SELECT organization_id, api_key_digest FROM control.enclave_key(:enclave)")
        .bind("enclave", enclave.uuid())
        .map((row, _) ->
            new Caller(
                enclave,
                new OrganizationId(Rows.uuid(row, "organization_id")),
                TokenDigest.ofBytes(row.getBytes("api_key_digest"))))
        .findOne();
  }
}
