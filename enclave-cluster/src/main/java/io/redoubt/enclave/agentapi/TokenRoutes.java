package io.redoubt.enclave.agentapi;

import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.family.FamilyKey;
import io.redoubt.http.Bodies;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Disclosed;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.proxy.authenticate.DpopProofs;
import io.redoubt.proxy.authenticate.Proof;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/agent/bootstrap} and {@code POST /v1/agent/refresh}. */
final class TokenRoutes {
  /** No agent has secrets yet, so every client that names a version names this one. */
  private static final long SECRETS_VERSION = 0;

  private final Bodies bodies;
  private final EdgeConfig edge;
  private final CallLimits limits;
  private final DpopProofs proofs;
  private final Function<TokenRequest, CompletionStage<Grant>> bootstrap;
  private final Function<TokenRequest, CompletionStage<Grant>> rotate;
  private final Endpoints endpoints;
  private final InstantSource clock;

  TokenRoutes(
      EdgeConfig edge,
      CallLimits limits,
      DpopProofs proofs,
      Function<TokenRequest, CompletionStage<Grant>> bootstrap,
      Function<TokenRequest, CompletionStage<Grant>> rotate,
      Endpoints endpoints,
      InstantSource clock) {
    this.bodies = Bodies.ofStrangers(edge);
    this.edge = edge;
    this.limits = limits;
    this.proofs = proofs;
    this.bootstrap = bootstrap;
    this.rotate = rotate;
    this.endpoints = endpoints;
    this.clock = clock;
  }

  /**
   * Body of a bootstrap.
   *
   * @param nextRefreshTokenDigest the client's commitment to its first refresh token; null: none
   */
  record BootstrapBody(
      @Nullable Secret bootstrapToken, @Nullable TokenDigest nextRefreshTokenDigest) {}

  /**
   * Body of a refresh.
   *
   * @param nextRefreshTokenDigest the client's commitment to its next refresh token; null: none
   * @param secretsVersion which version of its secrets the client has; null: it does not say
   */
  record RefreshBody(
      @Nullable Secret refreshToken,
      @Nullable TokenDigest nextRefreshTokenDigest,
      @Nullable Long secretsVersion) {}

  /**
   * The answer to both.
   *
   * @param refreshToken left out where the client made the next one itself
   * @param secrets left out where the client has them
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record TokenAnswer(
      AgentId agentId,
      OrganizationId organizationId,
      Disclosed accessToken,
      String tokenType,
      long expiresIn,
      @Nullable Disclosed refreshToken,
      long refreshExpiresIn,
      @Nullable Map<String, Disclosed> secrets,
      long secretsVersion,
      Endpoints endpoints) {}

  Route routes() {
    return concat(
        path(segment("v1").slash("agent").slash("bootstrap"), () -> post(this::bootstrap)),
        path(segment("v1").slash("agent").slash("refresh"), () -> post(this::refresh)));
  }

  private Route bootstrap() {
    return extractRequest(request -> {
      InetAddress source = admitted(request);
      return bodies.json(BootstrapBody.class, body -> bootstrap(request, source, body));
    });
  }

  private Route bootstrap(HttpRequest request, InetAddress source, BootstrapBody body) {
    var kind = AgentToken.Kind.BOOTSTRAP;
    var asked = read(request, source, kind, body.bootstrapToken(), body.nextRefreshTokenDigest());
    return answer(limits.underWay(() -> bootstrap.apply(asked)), true);
  }

  private Route refresh() {
    return extractRequest(request -> {
      InetAddress source = admitted(request);
      return bodies.json(RefreshBody.class, body -> refresh(request, source, body));
    });
  }

  private Route refresh(HttpRequest request, InetAddress source, RefreshBody body) {
    var kind = AgentToken.Kind.REFRESH;
    var asked = read(request, source, kind, body.refreshToken(), body.nextRefreshTokenDigest());
    Long has = body.secretsVersion();
    return answer(
        limits.underWay(() -> rotate.apply(asked)),
        has == null ? SECRETS_VERSION > 0 : has != SECRETS_VERSION);
  }

  private InetAddress admitted(HttpRequest request) {
    InetAddress source = Requests.source(edge, request);
    limits.admit(source);
    return source;
  }

  /** Everything that can be refused without asking anybody is refused here. */
  private TokenRequest read(
      HttpRequest request,
      InetAddress source,
      AgentToken.Kind kind,
      @Nullable Secret token,
      @Nullable TokenDigest commitment) {
    String field = kind == AgentToken.Kind.BOOTSTRAP ? "/bootstrap_token" : "/refresh_token";
    if (token == null) {
      throw ProblemException.invalid(field, "is needed");
    }
    var presented = AgentToken.parse(kind, token.reveal());
    if (presented.isEmpty()) {
      limits.noteStranger(source);
      throw ProblemException.of(
          kind == AgentToken.Kind.BOOTSTRAP
              ? ErrorType.BOOTSTRAP_TOKEN_INVALID
              : ErrorType.REFRESH_TOKEN_INVALID);
    }
    var family = FamilyKey.of(presented.get().handle());
    // The family's limit comes first: a proof that is looked at is remembered.
    limits.admit(family);
    return TokenRequest.of(
        presented.get(),
        commitment,
        provenKey(request, family),
        source,
        Requests.trace(request).traceId());
  }

  private @Nullable String provenKey(HttpRequest request, FamilyKey family) {
    if (!DpopProofs.isOfferedBy(request)) {
      return null;
    }
    return switch (proofs.ofAnyKey(request, family)) {
      case Proof.Shown(var thumbprint) -> thumbprint;
      case Proof.Refused.INVALID ->
          throw ProblemException.of(ErrorType.PROOF_OF_POSSESSION_INVALID);
      case Proof.Refused.TOO_MANY ->
          throw ProblemException.retryAfter(
              ErrorType.RATE_LIMITED, "Too many proofs of possession for one token family.", 60);
      case Proof.Refused.FULL ->
          throw ProblemException.retryAfter(ErrorType.UNAVAILABLE, "Try again.", 1);
    };
  }

  private Route answer(CompletionStage<Grant> grant, boolean withSecrets) {
    // The writing itself is left to the thread of the connection: whoever made the record durable
    // has others to see to.
    return Replies.async(
        grant.thenApply(made -> extractRequest(_ -> Replies.json(200, answer(made, withSecrets)))));
  }

  private TokenAnswer answer(Grant grant, boolean withSecrets) {
    AgentToken next = grant.next();
    return new TokenAnswer(
        grant.agent().agent(),
        grant.agent().organization(),
        Disclosed.of(grant.accessToken().reveal()),
        grant.bound() ? "DPoP" : "Bearer",
        grant.expiresIn(clock.instant()),
        next == null ? null : Disclosed.of(next.reveal()),
        Grant.REFRESH_LIFETIME.toSeconds(),
        withSecrets ? Map.of() : null,
        SECRETS_VERSION,
        endpoints);
  }
}
