package io.redoubt.controlplane.connector;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.upstream.BaseUrls;
import io.redoubt.controlplane.upstream.UpstreamChecks;
import io.redoubt.protocol.secret.Secret;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A connector, as a caller says it.
 *
 * @param credential null: the API wants none
 */
record ConnectorForm(
    @Nullable String baseUrl,
    @Nullable CredentialForm credential,
    @Nullable List<@Nullable OperationForm> operations,
    @Nullable Integer timeoutSeconds,
    @Nullable Integer connectTimeoutSeconds,
    UpstreamChecks.@Nullable TlsBody tls) {
  private static final int DEFAULT_TIMEOUT_SECONDS = 30;
  private static final int MAX_TIMEOUT_SECONDS = 300;
  private static final int MAX_OPERATIONS = 200;

  /** What it says, where nothing is wrong with it; everything but the secret. */
  Connectors.Draft checked(String name, BaseUrls baseUrls) {
    var checks = new Checks();
    UpstreamChecks.name(checks, name);
    var reach =
        UpstreamChecks.reach(
            checks,
            baseUrls,
            MAX_TIMEOUT_SECONDS,
            baseUrl,
            Optional.ofNullable(timeoutSeconds).orElse(DEFAULT_TIMEOUT_SECONDS),
            connectTimeoutSeconds,
            tls);
    if (credential != null) {
      credential.check(checks);
    }
    var asked = operations == null ? List.<@Nullable OperationForm>of() : operations;
    checkOperations(checks, asked);
    checks.done();
    return new Connectors.Draft(
        name,
        reach.orElseThrow(),
        credential == null ? null : credential.credential(),
        asked.stream()
            .map(each -> Objects.requireNonNull(each, "checked before").operation())
            .toList());
  }

  private static void checkOperations(Checks checks, List<@Nullable OperationForm> operations) {
    checks.require(
        !operations.isEmpty() && operations.size() <= MAX_OPERATIONS,
        "/operations",
        "is needed: 1 to " + MAX_OPERATIONS);
    var names = new HashSet<@Nullable String>();
    for (int i = 0; i < Math.min(operations.size(), MAX_OPERATIONS); i++) {
      String pointer = "/operations/" + i;
      @Nullable OperationForm operation = operations.get(i);
      if (operation == null) {
        checks.wrong(pointer, "is needed");
        continue;
      }
      operation.check(checks, pointer);
      checks.require(
          operation.name() == null || names.add(operation.name()),
          pointer + "/name",
          "is another operation's too");
    }
  }

  @Nullable Secret secret() {
    return credential == null ? null : credential.secret();
  }
}
