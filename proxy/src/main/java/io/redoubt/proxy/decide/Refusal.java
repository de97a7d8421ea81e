package io.redoubt.proxy.decide;

import io.redoubt.agent.Agent;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.budget.Shortage;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.proxy.authenticate.AuthenticationFailure;
import io.redoubt.proxy.stream.Cut;
import io.redoubt.proxy.upstream.UpstreamException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why the proxy answers in the provider's place. The name is the stable code that callers see. */
public enum Refusal {
  CREDENTIAL_MISSING(401, "A credential is needed: a Redoubt access token in the place of the key"),
  CREDENTIAL_INVALID(401, "The access token is not valid"),
  CREDENTIAL_AMBIGUOUS(
      401,
      "Authorization and x-api-key must carry one and the same access token, or one be absent"),
  PROOF_INVALID(401, "The proof of possession is missing or wrong"),
  TOO_MANY_PROOFS(429, "More proofs of possession than are remembered of one agent in a minute"),
  SOURCE_ADDRESS_NOT_ALLOWED(403, "The agent may not call from this address"),
  REQUEST_MALFORMED(400, "The request is not HTTP as it is understood here"),
  PATH_UNKNOWN(404, "There is no such call here"),
  METHOD_NOT_ALLOWED(405, "This path knows another method"),
  URI_TOO_LONG(414, "The request's target is too long"),
  HEADERS_TOO_LARGE(431, "The request's header lines are too many or too long"),
  BODY_MALFORMED(400, "The body is not the JSON object that this call needs"),
  PARAMETERS_INVALID(422, "The body says what cannot be meant"),
  MODEL_MISSING(400, "model: a name of 1 to 256 printable characters is needed, exactly once"),
  HEAD_TOO_SLOW(408, "The request's head took too long"),
  BODY_TOO_SLOW(408, "The request's body took too long"),
  BODY_TOO_LARGE(413, "The request, or one chunk of its body, is larger than is passed on"),
  MEDIA_TYPE_UNSUPPORTED(415, "The body must be application/json in UTF-8, not compressed"),
  AGENT_NOT_ACTIVE(403, "The agent is isolated, revoked or decommissioned"),
  MODEL_NOT_ALLOWED(403, "The agent may not use this model"),
  OWN_CREDENTIAL_NOT_ALLOWED(403, "The agent may not bring a credential of its own"),
  OWN_CREDENTIAL_IS_A_TOKEN(
      403, "A Redoubt token is no credential for a provider, and is not passed on"),
  BUDGET_EXHAUSTED(429, "The agent's budget leaves no room for the call"),
  PRICE_UNKNOWN(403, "The agent's budget is of money, and nobody knows here what this model costs"),
  SURCHARGE_UNKNOWN(
      403,
      "The agent's budget is of money, and nobody knows here what the service tier, speed or region"
          + " that the request names costs: leave it out"),
  POLICY_DENIED(403, "Policy denies the call"),
  APPROVAL_NEEDED(403, "Policy wants the call approved first"),
  APPROVAL_DENIED(403, "The call was not approved"),
  APPROVAL_EDITED(403, "The call was changed by whoever was to approve it, and stands as another"),
  TOO_MANY_APPROVALS(429, "Too many of the agent's requests for approval wait for a decision"),
  TOO_MANY_APPROVALS_OF_ORGANIZATION(
      429, "Too many of the organization's requests for approval wait for a decision"),
  CONTENT_NOT_INSPECTED(403, "Not all of it can be inspected, as content policy demands"),
  CONTENT_NOT_REDACTED(403, "What content policy wants redacted stands where it cannot be"),
  REPLY_BLOCKED(403, "Content policy blocks what was answered"),
  POLICIES_UNKNOWN(503, "The policies of the organization are not known here yet"),
  ENCLAVE_FROZEN(403, "What the control plane last said is too old to act on"),
  MODEL_NOT_FOUND(404, "No provider serves this model"),
  CONNECTOR_UNKNOWN(404, "There is no connector of this name"),
  OPERATION_UNKNOWN(404, "The connector has no such operation"),
  TOO_MANY_STREAMS(429, "The agent has too many calls under way"),
  OVERLOADED(503, "Too many calls are under way"),
  UNAVAILABLE(503, "The call cannot be decided and recorded right now"),
  OUT_OF_SERVICE(
      503, "This node may not act right now; the same call may succeed at once elsewhere"),
  CUT(403, "The agent was stopped while the call was under way"),
  UPSTREAM_UNREACHABLE(502, "The upstream cannot be reached"),
  UPSTREAM_NOT_ALLOWED(502, "The upstream's address is none that this enclave connects to"),
  UPSTREAM_TIMEOUT(504, "The upstream did not answer in time"),
  UPSTREAM_BUSY(503, "Too many calls wait for the upstream"),
  UPSTREAM_REDIRECTS(
      502, "The provider's address leads to another one, which is not followed and not passed on"),
  REPLY_UNREADABLE(502, "The reply is encoded, and cannot be checked"),
  REPLY_NOT_UNDERSTOOD(502, "The reply cannot be checked for tool calls"),
  REPLY_HOLDS_SECRET(502, "The reply holds the credential that it was asked with"),
  NOBODY_KNOWS(502, "It was sent, and cut before the answer came: nobody knows whether it is done"),
  REPLY_TOO_LARGE(502, "The reply is too large to be checked"),
  SETTINGS_CHANGED(503, "Where it goes was changed while it was under way"),
  INTERNAL(500, "Something went wrong on our side");

  private final int status;
  private final String message;

  Refusal(int status, String message) {
    this.status = status;
    this.message = message;
  }

  public static Refusal of(AuthenticationFailure why) {
    return switch (why) {
      case CREDENTIAL_MISSING -> CREDENTIAL_MISSING;
      case CREDENTIAL_AMBIGUOUS -> CREDENTIAL_AMBIGUOUS;
      case TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED -> CREDENTIAL_INVALID;
      case PROOF_INVALID -> PROOF_INVALID;
      case PROOFS_EXHAUSTED -> TOO_MANY_PROOFS;
      case SOURCE_NOT_ALLOWED -> SOURCE_ADDRESS_NOT_ALLOWED;
      case UNAVAILABLE -> UNAVAILABLE;
    };
  }

  public static Refusal of(Agent.Denial why) {
    return switch (why) {
      case UNKNOWN_AGENT, NOT_ACTIVE, FAMILY_UNKNOWN -> AGENT_NOT_ACTIVE;
      case SOURCE_NOT_ALLOWED -> SOURCE_ADDRESS_NOT_ALLOWED;
      case MODEL_NOT_ALLOWED -> MODEL_NOT_ALLOWED;
      case OWN_CREDENTIAL_NOT_ALLOWED -> OWN_CREDENTIAL_NOT_ALLOWED;
      case OVER_BUDGET -> BUDGET_EXHAUSTED;
      case PRICE_UNKNOWN -> PRICE_UNKNOWN;
      case POLICIES_UNKNOWN -> POLICIES_UNKNOWN;
      case POLICY -> POLICY_DENIED;
      case APPROVAL_NEEDED -> APPROVAL_NEEDED;
    };
  }

  public static Refusal of(ApprovalBoard.Full where) {
    return switch (where) {
      case AGENT -> TOO_MANY_APPROVALS;
      case ORGANIZATION -> TOO_MANY_APPROVALS_OF_ORGANIZATION;
    };
  }

  public static Refusal of(Cut why) {
    return switch (why) {
      case STOPPED -> CUT;
      case LEASE_LOST, NODE_ENDS -> OUT_OF_SERVICE;
    };
  }

  public static Refusal of(UpstreamException.Reason why) {
    return switch (why) {
      case UNREACHABLE -> UPSTREAM_UNREACHABLE;
      case FORBIDDEN -> UPSTREAM_NOT_ALLOWED;
      case TIMEOUT -> UPSTREAM_TIMEOUT;
      case BUSY -> UPSTREAM_BUSY;
      case WITHDRAWN -> CUT;
    };
  }

  /**
   * Why a permit under an old fence is none.
   *
   * @param raised whether each new incarnation of the agent raises its fence; then its next answer
   *     says why
   */
  public static Refusal fenced(boolean raised) {
    return raised ? UNAVAILABLE : AGENT_NOT_ACTIVE;
  }

  public int status() {
    return status;
  }

  public String message() {
    return message;
  }

  /** The same, with the approval that is meant; null: none is. */
  public String message(@Nullable ApprovalId approval) {
    if (approval == null) {
      return message;
    }
    return switch (this) {
      case APPROVAL_NEEDED -> message + "; " + approval + " is pending";
      case APPROVAL_DENIED, APPROVAL_EDITED -> message + " (" + approval + ")";
      default -> message;
    };
  }

  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether the organization's policies said so, and not the product. */
  public boolean isByPolicy() {
    return this == POLICY_DENIED
        || this == APPROVAL_NEEDED
        || this == APPROVAL_DENIED
        || this == APPROVAL_EDITED;
  }

  public Verdict verdict() {
    return this == APPROVAL_NEEDED ? Verdict.ESCALATE : Verdict.DENY;
  }

  /** Whether the same request may succeed a little later. */
  public boolean isTransient() {
    return status == 429 || status == 503;
  }

  /** Ends the walk of a call; without a stack trace, since it is an answer. */
  public static final class Raised extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Refusal refusal;
    private final transient @Nullable Shortage shortage;

    public Raised(Refusal refusal) {
      this(refusal, null);
    }

    public Raised(Refusal refusal, @Nullable Shortage shortage) {
      super(refusal.code(), null, false, false);
      this.refusal = refusal;
      this.shortage = shortage;
    }

    /** Of the agent's budget; null: it is not about that. */
    public @Nullable Shortage shortage() {
      return shortage;
    }

    public Refusal refusal() {
      return refusal;
    }
  }
}
