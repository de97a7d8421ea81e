package io.redoubt.protocol.problem;

import java.util.Locale;

/**
 * The closed list of what can go wrong, as callers see it. The name becomes the stable URN; the
 * status and title never vary for one type.
 */
public enum ErrorType {
  MALFORMED_REQUEST(400, "The request could not be read"),
  CREDENTIAL_MISSING(401, "A credential is needed"),
  CREDENTIAL_INVALID(401, "The credential is not valid"),
  STEP_UP_NEEDED(401, "A more recent authentication is needed"),
  BOOTSTRAP_TOKEN_INVALID(401, "The bootstrap token is unknown or has expired"),
  REFRESH_TOKEN_INVALID(401, "The refresh token is unknown, expired or revoked"),
  PROOF_OF_POSSESSION_INVALID(401, "The proof of possession is missing or wrong"),
  SOURCE_ADDRESS_NOT_ALLOWED(403, "The agent may not call from this address"),
  AGENT_NOT_ACTIVE(403, "The agent is isolated, revoked or decommissioned"),
  PERMISSION_MISSING(403, "The caller lacks the permission"),
  ACTION_DENIED(403, "Policy denies the action"),
  NOT_FOUND(404, "There is no such thing"),
  METHOD_NOT_ALLOWED(405, "The method does not apply here"),
  NOT_ACCEPTABLE(406, "No acceptable representation"),
  REQUEST_TIMEOUT(408, "The request did not arrive in time"),
  BOOTSTRAP_TOKEN_USED(409, "The bootstrap token was used before"),
  REFRESH_TOKEN_REPLAYED(409, "The refresh token was used before; its family is revoked"),
  CONFLICT(409, "The state does not allow it"),
  IDEMPOTENCY_KEY_REUSED(422, "The idempotency key belongs to another request"),
  PRECONDITION_FAILED(412, "The document changed meanwhile"),
  CONTENT_TOO_LARGE(413, "The body is too large"),
  URI_TOO_LONG(414, "The address is too long"),
  UNSUPPORTED_MEDIA_TYPE(415, "The content type is not supported"),
  INVALID_REQUEST(422, "The request is well-formed but not valid"),
  HEADERS_TOO_LARGE(431, "The headers are too large"),
  RATE_LIMITED(429, "Too many requests"),
  INTERNAL(500, "Something went wrong on our side"),
  UPSTREAM_FAILED(502, "The upstream failed"),
  UNAVAILABLE(503, "Not available right now"),
  UPSTREAM_TIMEOUT(504, "The upstream did not answer in time");

  private final int status;
  private final String title;

  ErrorType(int status, String title) {
    this.status = status;
    this.title = title;
  }

  public int status() {
    return status;
  }

  public String title() {
    return title;
  }

  /** Last part of the URN, such as {@code token-replayed}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public String urn() {
    return "urn:redoubt:error:" + code();
  }
}
