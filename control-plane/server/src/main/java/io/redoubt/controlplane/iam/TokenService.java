package io.redoubt.controlplane.iam;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.controlplane.key.SigningKeys;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.http.RateLimiter;
import io.redoubt.http.SourceKey;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.OperatorClaims;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.protocol.token.SecretKeyText;
import io.redoubt.protocol.token.TokenDigest;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives operator tokens for client credentials (RFC 6749 §4.4). A client that does not exist costs
 * the same steps as one that gives the wrong secret.
 */
public final class TokenService {
  private static final Logger LOG = LoggerFactory.getLogger(TokenService.class);

  /** Stands in for what is not there; the digest of no secret. */
  private static final OrganizationId NOWHERE = new OrganizationId(new UUID(0, 0));

  private static final TokenDigest NO_SECRET = TokenDigest.ofBytes(new byte[32]);

  private final Database database;
  private final ClientAccess access;
  private final SigningKeys keys;
  private final Trail trail;
  private final RateLimiter perSource;
  private final RateLimiter perClient;
  private final ProvenSecrets proven;
  private final Duration lifetime;
  private final Clock clock;
  private final Counter granted;
  private final Counter refused;

  /**
   * A token endpoint.
   *
   * @param remembered how many clients are told from strangers by their last login
   */
  public TokenService(
      Database database,
      ClientAccess access,
      SigningKeys keys,
      Trail trail,
      RateLimiter perSource,
      RateLimiter perClient,
      int remembered,
      Duration lifetime,
      MeterRegistry metrics,
      Clock clock) {
    this.database = database;
    this.access = access;
    this.keys = keys;
    this.trail = trail;
    this.perSource = perSource;
    this.perClient = perClient;
    this.proven = new ProvenSecrets(remembered);
    this.lifetime = lifetime;
    this.clock = clock;
    this.granted = logins(metrics, "granted");
    this.refused = logins(metrics, "refused");
  }

  private static Counter logins(MeterRegistry metrics, String outcome) {
    return Counter.builder("redoubt.iam.logins")
        .description("Requests for operator tokens")
        .tag("outcome", outcome)
        .register(metrics);
  }

  /** What a client asks. */
  record Request(
      String clientId,
      Secret clientSecret,
      Optional<String> scope,
      InetAddress source,
      String traceId) {}

  /** What is counted of the logins of a client, or of a source. */
  private record Attempts(Object whose, boolean rightSecret) {}

  /** What it is answered. */
  sealed interface Reply {}

  record Issued(Secret token, Duration lifetime, String scope) implements Reply {}

  enum Refused implements Reply {
    INVALID_CLIENT,
    INVALID_SCOPE
  }

  CompletionStage<Reply> issue(Request request) {
    return answer(request)
        .thenApply(reply -> {
          (reply instanceof Issued ? granted : refused).increment();
          return reply;
        });
  }

  private CompletionStage<Reply> answer(Request request) {
    Optional<ClientId> client = clientOf(request);
    TokenDigest secret = TokenDigest.of(request.clientSecret().reveal());
    // Before anything is looked up. Apart, so that nobody shuts their neighbours out by guessing.
    limit(
        perSource,
        new Attempts(
            SourceKey.of(request.source()),
            client.filter(it -> proven.contains(it, secret)).isPresent()));
    if (client.isEmpty()) {
      LOG.warn("Login refused from {}: no credential of ours", request.source().getHostAddress());
      return CompletableFuture.completedFuture(Refused.INVALID_CLIENT);
    }
    return database
        .inTransaction(handle -> organizationOf(handle, client.get()))
        .thenCompose(organization ->
            database.inOrganization(
                organization.orElse(NOWHERE),
                handle -> decide(handle, organization, client.get(), secret, request)));
  }

  private static void limit(RateLimiter limiter, Object key) {
    var retryAfter = limiter.retryAfterSeconds(key);
    if (retryAfter.isPresent()) {
      throw ProblemException.retryAfter(
          ErrorType.RATE_LIMITED, "Too many logins.", retryAfter.getAsInt());
    }
  }

  /** The client, if its secret has the form of one and is made out to it. */
  private static Optional<ClientId> clientOf(Request request) {
    return SecretKeyText.parse(SecretKeyText.Kind.CLIENT_SECRET, request.clientSecret().reveal())
        .filter(secret -> secret.owner().equals(request.clientId()))
        .flatMap(secret -> {
          try {
            return Optional.of(ClientId.parse(secret.owner()));
          } catch (IllegalArgumentException _) {
            return Optional.empty();
          }
        });
  }

  private static Optional<OrganizationId> organizationOf(Handle handle, ClientId client) {
    return handle
        .createQuery("SELECT control.organization_of_client(:client)")
        .bind("client", client.uuid())
        .mapTo(UUID.class)
        .findOne()
        .map(OrganizationId::new);
  }

  private Reply decide(
      Handle handle,
      Optional<OrganizationId> organization,
      ClientId client,
      TokenDigest secret,
      Request request) {
    var found = access.find(handle, organization.orElse(NOWHERE), client);
    TokenDigest expected = found.map(ClientAccess.Access::secret).orElse(NO_SECRET);
    boolean right = expected.equals(secret);
    if (!right) {
      proven.remove(client, secret);
    }
    if (organization.isEmpty()) {
      LOG.warn("Login refused from {}: unknown client", request.source().getHostAddress());
      return Refused.INVALID_CLIENT;
    }
    // Apart, so that nobody can shut a client out by naming it with a wrong secret.
    limit(perClient, new Attempts(client, right));
    if (!right || found.isEmpty()) {
      record(handle, organization.get(), client, client.toString(), request, "wrong secret");
      return Refused.INVALID_CLIENT;
    }
    proven.add(client, secret);
    return within(found.get().permissions(), request.scope())
        .map(scope -> grant(handle, organization.get(), found.get(), scope, request))
        .orElse(Refused.INVALID_SCOPE);
  }

  /** All it may do, or the part of it that it asks for (RFC 6749 §3.3). */
  private static Optional<Set<Permission>> within(
      Set<Permission> permissions, Optional<String> scope) {
    if (scope.isEmpty()) {
      return Optional.of(permissions);
    }
    var wanted = EnumSet.noneOf(Permission.class);
    for (String text : scope.get().split(" ", -1)) {
      var expanded = Permission.expand(text);
      if (expanded.isEmpty() || !permissions.containsAll(expanded)) {
        return Optional.empty();
      }
      wanted.addAll(expanded);
    }
    return Optional.of(wanted);
  }

  private Reply grant(
      Handle handle,
      OrganizationId organization,
      ClientAccess.Access client,
      Set<Permission> scope,
      Request request) {
    Instant now = clock.instant();
    var permissions = scope.stream().map(Permission::wire).collect(Collectors.toSet());
    var claims =
        new OperatorClaims(
            SigningKeys.ISSUER,
            OperatorClaims.AUDIENCE,
            client.subject(),
            client.id().toString(),
            organization,
            permissions,
            UUID.randomUUID().toString(),
            now,
            now.plus(lifetime),
            now,
            client.rotatedAt());
    handle
        .createUpdate(
            """
            UPDATE control.oauth_client SET last_used_at = :now
            WHERE organization_id = :organization AND id = :id
            """)
        .bind("now", now)
        .bind("organization", organization.uuid())
        .bind("id", client.id().uuid())
        .execute();
    record(handle, organization, client.id(), client.subject(), request, null);
    return new Issued(
        Secret.of(claims.sign(keys.current())),
        lifetime,
        permissions.stream().sorted().collect(Collectors.joining(" ")));
  }

  private void record(
      Handle handle,
      OrganizationId organization,
      ClientId client,
      String subject,
      Request request,
      @Nullable String refusal) {
    trail.record(
        handle,
        new AuditBuilder(
                ActionId.next(clock).auditId(),
                clock.instant().truncatedTo(ChronoUnit.MICROS),
                organization,
                Plane.ADMIN,
                "operator:login",
                refusal == null ? Verdict.PERMIT : Verdict.DENY)
            .byOperator(subject)
            .resource(client.toString())
            .trace(request.traceId())
            .detail(
                (refusal == null ? "" : refusal + ", ")
                    + "from "
                    + request.source().getHostAddress())
            .build());
  }
}
