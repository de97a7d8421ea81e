package io.redoubt.protocol.problem;

import java.util.Locale;

/**
 * The closed list of what can go wrong, as callers see it. The name becomes the stable URN; the
 * status and title never vary for one type; the help is said where nothing more exact is known.
 */
public enum ErrorType {
  MALFORMED_REQUEST(
      400,
      "The request could not be read",
      "The description of this endpoint says how requests look."),
  CREDENTIAL_MISSING(401, "A credential is needed", "Send one in the Authorization header."),
  CREDENTIAL_INVALID(
      401,
      "The credential is not valid",
      "It is unknown, expired, revoked or meant for something else; ask for a new one."),
  STEP_UP_NEEDED(
      401, "A more recent authentication is needed", "Ask for a new token and try again with it."),
  BOOTSTRAP_TOKEN_INVALID(
      401, "The bootstrap token is unknown or has expired", "An operator can make a new one."),
  REFRESH_TOKEN_INVALID(
      401,
      "The refresh token is unknown, expired or revoked",
      "The agent needs a new bootstrap token."),
  PROOF_OF_POSSESSION_INVALID(
      401,
      "The proof of possession is missing or wrong",
      "The tokens are bound to a key, and each request proves possession of it."),
  SOURCE_ADDRESS_NOT_ALLOWED(
      403, "The agent may not call from this address", "The agent is confined to other networks."),
  AGENT_NOT_ACTIVE(
      403,
      "The agent is isolated, revoked or decommissioned",
      "Operators can say why, and release an isolated one."),
  PERMISSION_MISSING(403, "The caller lacks the permission", "None of its roles has it."),
  ACTION_DENIED(
      403, "Policy denies the action", "The record of the decision says by which policy."),
  NOT_FOUND(404, "There is no such thing", "Nothing is here for this caller."),
  METHOD_NOT_ALLOWED(
      405, "The method does not apply here", "The Allow header names the methods of this address."),
  NOT_ACCEPTABLE(
      406,
      "No acceptable representation",
      "The description of this endpoint names the media types to be had."),
  REQUEST_TIMEOUT(408, "The request did not arrive in time", "Send it again, faster."),
  BOOTSTRAP_TOKEN_USED(
      409,
      "The bootstrap token was used before",
      "Each is good for one use; an operator can make a new one."),
  REFRESH_TOKEN_REPLAYED(
      409,
      "The refresh token was used before; its family is revoked",
      "The agent needs a new bootstrap token."),
  CONFLICT(409, "The state does not allow it", "Read it again before another attempt."),
  IDEMPOTENCY_KEY_REUSED(
      422, "The idempotency key belongs to another request", "Use a new key for each new request."),
  PAYLOAD_NOT_KEPT(
      410,
      "Nothing is kept of what was said",
      "It is past its retention, or the organization keeps metadata only."),
  PRECONDITION_FAILED(
      412, "The document changed meanwhile", "Read it again, and send its new ETag."),
  CONTENT_TOO_LARGE(
      413, "The body is too large", "The description of this endpoint names the limit."),
  URI_TOO_LONG(414, "The address is too long", "Shorten the path or the parameters."),
  UNSUPPORTED_MEDIA_TYPE(
      415,
      "The content type is not supported",
      "The description of this endpoint names the supported ones."),
  INVALID_REQUEST(
      422,
      "The request is well-formed but not valid",
      "Each entry under errors names a field and its fault."),
  HEADERS_TOO_LARGE(431, "The headers are too large", "Send fewer or shorter ones."),
  RATE_LIMITED(429, "Too many requests", "Come back after the seconds of the Retry-After header."),
  INTERNAL(500, "Something went wrong on our side", "It is in the log under this trace_id."),
  UPSTREAM_FAILED(502, "The upstream failed", "It refused the connection, or broke it off."),
  UNAVAILABLE(
      503, "Not available right now", "Come back after the seconds of the Retry-After header."),
  UPSTREAM_TIMEOUT(504, "The upstream did not answer in time", "Try again later.");

  private final int status;
  private final String title;
  private final String help;

  ErrorType(int status, String title, String help) {
    this.status = status;
    this.title = title;
    this.help = help;
  }

  public int status() {
    return status;
  }

  public String title() {
    return title;
  }

  /** What the caller can do about it, in a sentence. */
  public String help() {
    return help;
  }

  /** Last part of the URN, such as {@code token-replayed}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public String urn() {
    return "urn:redoubt:error:" + code();
  }
}
