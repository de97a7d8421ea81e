package io.redoubt.enclave.operatorapi;

import io.redoubt.enclave.identity.NodeKeys;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.RateLimiter;
import io.redoubt.http.Requests;
import io.redoubt.http.SourceKey;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.jwt.OperatorClaims;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.proxy.authenticate.VerificationKeys;
import java.time.Clock;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/** Lets operators through to what is theirs, on whichever server of the node. */
public final class OperatorGate {
  private final EdgeConfig edge;
  private final RateLimiter limits;
  private final OperatorTokens tokens;

  public OperatorGate(
      OperatorApiConfig config,
      EdgeConfig edge,
      EnclaveId enclave,
      OperatorTrust trust,
      NodeKeys signing,
      VerificationKeys own,
      Clock clock) {
    this(
        edge,
        new RateLimiter(config.perSecond(), config.burst(), config.maxSources(), clock),
        new OperatorTokens(trust, signing, own, enclave, clock));
  }

  OperatorGate(EdgeConfig edge, RateLimiter limits, OperatorTokens tokens) {
    this.edge = edge;
    this.limits = limits;
    this.tokens = tokens;
  }

  /**
   * Who calls.
   *
   * @param permission that the caller must have
   * @return fails with a {@link ProblemException} where nobody is to be let through
   */
  public CompletionStage<OperatorClaims> admit(HttpRequest request, String permission) {
    limit(request);
    return again(request, permission);
  }

  /**
   * Who calls, and still may: what they send may take its time, and what they lose meanwhile is
   * lost to what they send. Not counted as another request.
   *
   * @param permission that the caller must have
   * @return fails as {@link #admit} does
   */
  CompletionStage<OperatorClaims> again(HttpRequest request, String permission) {
    String token =
        Requests.bearer(request)
            .orElseThrow(() -> ProblemException.of(ErrorType.CREDENTIAL_MISSING));
    return tokens
        .verify(token)
        .thenApply(claims -> {
          var operator =
              claims.orElseThrow(() -> ProblemException.of(ErrorType.CREDENTIAL_INVALID));
          if (!operator.permissions().contains(permission)) {
            throw ProblemException.of(
                ErrorType.PERMISSION_MISSING, "This needs " + permission + ".");
          }
          return operator;
        });
  }

  /** Throws where its source asks too often. */
  void limit(HttpRequest request) {
    var wait = limits.retryAfterSeconds(SourceKey.of(Requests.source(edge, request)));
    if (wait.isPresent()) {
      throw ProblemException.retryAfter(
          ErrorType.RATE_LIMITED, "Too many requests from here.", wait.getAsInt());
    }
  }
}
