package io.redoubt.proxy.authenticate;

import io.redoubt.protocol.problem.ErrorType;

/** Why a caller is not believed. */
public enum AuthenticationFailure {
  CREDENTIAL_MISSING(ErrorType.CREDENTIAL_MISSING),
  /** Several credentials that differ: which one is meant is not ours to guess. */
  CREDENTIAL_AMBIGUOUS(ErrorType.CREDENTIAL_INVALID),
  /** Not a token of ours: its form, algorithm, key, signature, issuer or audience is wrong. */
  TOKEN_INVALID(ErrorType.CREDENTIAL_INVALID),
  TOKEN_EXPIRED(ErrorType.CREDENTIAL_INVALID),
  TOKEN_REVOKED(ErrorType.CREDENTIAL_INVALID),
  PROOF_INVALID(ErrorType.PROOF_OF_POSSESSION_INVALID),
  /** The agent has used more proofs than are remembered of one. */
  PROOFS_EXHAUSTED(ErrorType.RATE_LIMITED),
  SOURCE_NOT_ALLOWED(ErrorType.SOURCE_ADDRESS_NOT_ALLOWED),
  /** The key could not be looked up, or the proof not remembered, just now; both may be good. */
  UNAVAILABLE(ErrorType.UNAVAILABLE);

  private final ErrorType problem;

  AuthenticationFailure(ErrorType problem) {
    this.problem = problem;
  }

  /** What the caller is told: 401, 403, 429 or 503. */
  public ErrorType problem() {
    return problem;
  }
}
