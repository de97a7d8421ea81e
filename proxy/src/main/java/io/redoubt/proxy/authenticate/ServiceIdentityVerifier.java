package io.redoubt.proxy.authenticate;

import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.ServiceIdentity;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.revocation.Revocations;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * Verifies the word of another Redoubt service about the agent it acts for: signed by a key of the
 * directory, for this very request, short-lived and used once. Such a request may carry the agent's
 * own upstream credential where an agent's token would be.
 */
public final class ServiceIdentityVerifier {
  private final AuthenticateConfig config;
  private final String issuer;
  private final VerificationKeys keys;
  private final Revocations revocations;
  private final InstantSource clock;
  private final UsedOnce used;

  /**
   * @param issuer of the access tokens that the services verify
   */
  public ServiceIdentityVerifier(
      AuthenticateConfig config,
      String issuer,
      VerificationKeys keys,
      Revocations revocations,
      InstantSource clock) {
    this.config = config;
    this.issuer = issuer;
    this.keys = keys;
    this.revocations = revocations;
    this.clock = clock;
    Duration window = config.serviceIdentity().maxLifetime().plus(config.clockSkew());
    this.used =
        new UsedOnce(
            window,
            config.serviceIdentity().replayMemory(),
            config.serviceIdentity().replayMemoryPerAgent(),
            clock);
  }

  /** Whether the request claims to come from a service of ours. */
  public static boolean isClaimedBy(HttpRequest request) {
    return request.getHeader(ServiceIdentity.HEADER).isPresent();
  }

  /**
   * Whom the service speaks for. The body is read only for a request that was signed for otherwise.
   *
   * @param body reads the digest of the whole request body
   * @return fails only where {@code body} fails
   */
  public CompletionStage<Authentication> verify(
      HttpRequest request, Supplier<CompletionStage<TokenDigest>> body, InetAddress source) {
    var parsed =
        request
            .getHeader(ServiceIdentity.HEADER)
            .flatMap(header ->
                Jws.parse(Jws.Type.SERVICE_IDENTITY, header.value(), config.maxTokenLength()));
    if (parsed.isEmpty()) {
      return refused(AuthenticationFailure.TOKEN_INVALID);
    }
    var jws = parsed.get();
    return keys.find(jws.kid())
        .handle((key, failure) -> {
          if (failure != null) {
            return refused(AuthenticationFailure.UNAVAILABLE);
          }
          return key.flatMap(jws::payloadIfSignedBy)
              .flatMap(ServiceIdentity::read)
              .filter(identity -> isFor(identity, request))
              .map(identity ->
                  body.get()
                      .thenCompose(digest ->
                          identity.body().equals(digest)
                              ? use(identity, source)
                              : refused(AuthenticationFailure.TOKEN_INVALID)))
              .orElseGet(() -> refused(AuthenticationFailure.TOKEN_INVALID));
        })
        .thenCompose(result -> result);
  }

  private CompletionStage<Authentication> use(ServiceIdentity identity, InetAddress source) {
    var claims =
        new AccessClaims(
            issuer,
            issuer,
            identity.agent(),
            identity.organization(),
            identity.family(),
            identity.accessJti(),
            identity.issuedAt(),
            identity.expiresAt(),
            List.of(),
            null);
    if (!clock.instant().isBefore(identity.expiresAt())) {
      return refused(AuthenticationFailure.TOKEN_EXPIRED);
    }
    if (revocations.covers(claims)) {
      return done(new Authentication.Refused(AuthenticationFailure.TOKEN_REVOKED, claims));
    }
    var agent = new AuthenticatedAgent(claims, source);
    return done(
        switch (used.admit(agent.key(), identity.jti())) {
          case FIRST -> agent;
          case AGAIN -> new Authentication.Refused(AuthenticationFailure.TOKEN_INVALID, claims);
          case CALLER_FULL ->
              new Authentication.Refused(AuthenticationFailure.PROOFS_EXHAUSTED, claims);
          case FULL -> new Authentication.Refused(AuthenticationFailure.UNAVAILABLE, claims);
        });
  }

  private boolean isFor(ServiceIdentity identity, HttpRequest request) {
    var lifetime = Duration.between(identity.issuedAt(), identity.expiresAt());
    return identity.method().equals(request.method().name())
        && identity.path().equals(target(request))
        && lifetime.compareTo(config.serviceIdentity().maxLifetime()) <= 0
        && !identity.issuedAt().isAfter(clock.instant().plus(config.clockSkew()));
  }

  /** The path with its query: what the signature covers. */
  private static String target(HttpRequest request) {
    var uri = request.getUri();
    return uri.rawQueryString().map(query -> uri.path() + '?' + query).orElse(uri.path());
  }

  private static CompletionStage<Authentication> refused(AuthenticationFailure why) {
    return done(new Authentication.Refused(why, null));
  }

  private static CompletionStage<Authentication> done(Authentication result) {
    return CompletableFuture.completedFuture(result);
  }
}
