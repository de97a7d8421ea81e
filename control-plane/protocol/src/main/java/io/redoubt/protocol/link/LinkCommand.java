package io.redoubt.protocol.link;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.FalseIfAbsent;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.policy.BundleDigest;
import io.redoubt.protocol.token.TokenDigest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the control plane tells an enclave. Applying one twice is the same as applying it once. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(LinkCommand.PutOrganization.class),
  @JsonSubTypes.Type(LinkCommand.PutAgent.class),
  @JsonSubTypes.Type(LinkCommand.OfferBootstrap.class),
  @JsonSubTypes.Type(LinkCommand.Isolate.class),
  @JsonSubTypes.Type(LinkCommand.Release.class),
  @JsonSubTypes.Type(LinkCommand.Revoke.class),
  @JsonSubTypes.Type(LinkCommand.RevokeToken.class),
  @JsonSubTypes.Type(LinkCommand.Decommission.class),
  @JsonSubTypes.Type(LinkCommand.PutProvider.class),
  @JsonSubTypes.Type(LinkCommand.DeleteProvider.class),
  @JsonSubTypes.Type(LinkCommand.PutConnector.class),
  @JsonSubTypes.Type(LinkCommand.DeleteConnector.class),
  @JsonSubTypes.Type(LinkCommand.PutOperatorTrust.class),
  @JsonSubTypes.Type(LinkCommand.BundlePublished.class),
  @JsonSubTypes.Type(LinkCommand.DecideApproval.class)
})
public sealed interface LinkCommand {

  @JsonTypeName("organization.put")
  record PutOrganization(OrganizationSpec organization) implements LinkCommand {}

  @JsonTypeName("agent.put")
  record PutAgent(AgentId agentId, AgentSpec agent) implements LinkCommand {}

  /** A new bootstrap token for the agent; the one before it dies. */
  @JsonTypeName("agent.offer-bootstrap")
  record OfferBootstrap(AgentId agentId, TokenDigest token, Instant expiresAt)
      implements LinkCommand {}

  @JsonTypeName("agent.isolate")
  record Isolate(AgentId agentId, IsolationId isolationId, String reason, String by)
      implements LinkCommand {}

  /** Lifts the named isolations and no others (G3). */
  @JsonTypeName("agent.release")
  record Release(AgentId agentId, Set<IsolationId> isolationIds, String reason, String by)
      implements LinkCommand {}

  @JsonTypeName("agent.revoke")
  record Revoke(AgentId agentId, String reason, String by) implements LinkCommand {}

  /** Ends one access token of the agent, with what runs on it, and leaves its family alone. */
  @JsonTypeName("agent.revoke-token")
  record RevokeToken(AgentId agentId, String jti, String reason, String by)
      implements LinkCommand {}

  @JsonTypeName("agent.decommission")
  record Decommission(AgentId agentId, String reason, String by) implements LinkCommand {}

  /**
   * A provider and its key.
   *
   * @param sealedKey the provider's API key, sealed to the enclave's enrolment key
   */
  @JsonTypeName("provider.put")
  record PutProvider(ProviderSpec provider, SealedBox sealedKey) implements LinkCommand {}

  @JsonTypeName("provider.delete")
  record DeleteProvider(String name, long version) implements LinkCommand {}

  /**
   * A connector and its secret.
   *
   * @param sealedSecret what the API is to be shown, sealed to the enclave's enrolment key; null:
   *     it wants none
   */
  @JsonTypeName("connector.put")
  record PutConnector(
      ConnectorSpec connector,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable SealedBox sealedSecret)
      implements LinkCommand {
    /** What the secret is sealed for, so that it opens nowhere else. */
    public static byte[] purpose(EnclaveId enclave, OrganizationId organization, String name) {
      return (enclave + "/" + organization + "/connector/" + name).getBytes(StandardCharsets.UTF_8);
    }
  }

  @JsonTypeName("connector.delete")
  record DeleteConnector(String name, long version) implements LinkCommand {}

  /**
   * Whom the enclave believes when it hears an operator directly (break-glass).
   *
   * @param withdrawn whose tokens of the control plane, while they live, say more than holds
   * @param issuedFrom tokens of the control plane from before this are good for nothing; null: they
   *     are as good as they say
   */
  @JsonTypeName("operator-trust.put")
  record PutOperatorTrust(
      String issuer,
      JwkSet keys,
      List<BreakGlassClient> clients,
      List<Withdrawal> withdrawn,
      @Nullable Instant issuedFrom)
      implements LinkCommand {

    /** Nothing is withdrawn where an older release, or an older record, says nothing of it. */
    public PutOperatorTrust {
      withdrawn = withdrawn == null ? List.of() : List.copyOf(withdrawn);
    }
  }

  /**
   * A client that may do less than the tokens it was given lately say.
   *
   * @param permissions all that it may do now; none: it is gone
   * @param issuedFrom since when it has had its secret: tokens that were given for another one, or
   *     before, are good for nothing
   * @param subject who acts through it: the member behind it, or the client itself; null: it was
   *     said by a release that did not tell, and is taken for the client
   */
  record Withdrawal(
      String clientId,
      Set<String> permissions,
      Instant issuedFrom,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String subject) {
    /** Of a client that acts for itself, or of a release that did not tell. */
    public Withdrawal(String clientId, Set<String> permissions, Instant issuedFrom) {
      this(clientId, permissions, issuedFrom, null);
    }

    /** Who was on record for what was done through it. */
    public String actsAs() {
      return subject == null ? clientId : subject;
    }
  }

  /**
   * A policy bundle is there to be fetched and run: {@code GET /enclave/v1/bundles/{digest}}.
   *
   * @param version of the organization's bundles; never lower than that of one named before
   */
  @JsonTypeName("bundle.published")
  record BundlePublished(long version, BundleDigest digest) implements LinkCommand {}

  /**
   * What somebody says to a request for approval; the enclave decides whether it counts.
   *
   * @param by a member's or client's identifier
   * @param through where it was said; null: in the control plane, which older releases do not say
   * @param authenticationAge how long before they said so they had authenticated, in seconds; null:
   *     that is not known, so not lately
   * @param arguments those that are to stand in the place of the call's, canonical, sealed to the
   *     enclave's enrolment key: what is approved is the call with these; null: it is the call as
   *     it is
   * @param withdrawn whoever said so may not say it any more by the time that the enclave hears of
   *     it, so that it counts no more; enclaves of older releases do not know
   * @param client through which it was said; null: through none, as in a chat, or an older release
   *     noted it, which does not say
   */
  @JsonTypeName("approval.decide")
  record DecideApproval(
      ApprovalId approvalId,
      ApprovalView.Decision decision,
      String reason,
      String by,
      @Nullable String through,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long authenticationAge,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable SealedBox arguments,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) @JsonDeserialize(using = FalseIfAbsent.class)
          boolean withdrawn,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String client)
      implements LinkCommand {
    /** As it is said. */
    public DecideApproval(
        ApprovalId approvalId,
        ApprovalView.Decision decision,
        String reason,
        String by,
        @Nullable String through,
        @Nullable Long authenticationAge,
        @Nullable SealedBox arguments) {
      this(approvalId, decision, reason, by, through, authenticationAge, arguments, false, null);
    }

    /** By somebody of whom it is not known when they authenticated. */
    public DecideApproval(
        ApprovalId approvalId,
        ApprovalView.Decision decision,
        String reason,
        String by,
        @Nullable String through) {
      this(approvalId, decision, reason, by, through, null, null);
    }

    /** The same, which counts no more. */
    public DecideApproval asWithdrawn() {
      return new DecideApproval(
          approvalId, decision, reason, by, through, authenticationAge, arguments, true, client);
    }

    /**
     * The same, said through that client.
     *
     * @param other null: through none
     */
    public DecideApproval saidBy(@Nullable String other) {
      return new DecideApproval(
          approvalId,
          decision,
          reason,
          by,
          through,
          authenticationAge,
          arguments,
          withdrawn,
          other);
    }

    /** What the arguments are sealed for, so that they open nowhere else. */
    public static byte[] purpose(
        EnclaveId enclave, OrganizationId organization, ApprovalId approval) {
      return (enclave + "/" + organization + "/approval/" + approval)
          .getBytes(StandardCharsets.UTF_8);
    }
  }

  /**
   * A client that may ask the enclave itself for a token while the control plane is away.
   *
   * @param permissions those of its permissions that break-glass routes know
   * @param subject who acts through it: the member behind it, or the client itself; null: it was
   *     said by a release that did not tell, and is taken for the client
   * @param secretFrom since when it has had this secret; null: it was said by a release that did
   *     not tell
   */
  record BreakGlassClient(
      String clientId,
      TokenDigest secret,
      Set<String> permissions,
      @Nullable String subject,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Instant secretFrom) {
    /** Of a release that did not tell since when the secret is this one. */
    public BreakGlassClient(
        String clientId, TokenDigest secret, Set<String> permissions, @Nullable String subject) {
      this(clientId, secret, permissions, subject, null);
    }

    /** Who is on record, and counts as one approver, wherever they act. */
    public String actsAs() {
      return subject == null ? clientId : subject;
    }
  }
}
