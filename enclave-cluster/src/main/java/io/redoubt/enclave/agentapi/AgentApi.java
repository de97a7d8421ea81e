package io.redoubt.enclave.agentapi;

import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.pathPrefixTest;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.approval.ApprovalDesk;
import io.redoubt.approval.Voting;
import io.redoubt.audit.AuditLog;
import io.redoubt.enclave.identity.AccessTokenIssuer;
import io.redoubt.enclave.identity.PublishedKeys;
import io.redoubt.enclave.link.CallbackRelay;
import io.redoubt.entity.Patience;
import io.redoubt.family.TokenFamilies;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Replies;
import io.redoubt.lease.Lease;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.proxy.authenticate.Authenticator;
import io.redoubt.proxy.authenticate.DpopProofs;
import io.redoubt.revocation.Revocations;
import java.time.Clock;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.server.Route;

/** The agent endpoint, put together. */
public final class AgentApi {
  private AgentApi() {}

  /**
   * What the endpoint stands on.
   *
   * @param catchUp whether everything that the control plane has said of an agent so far is applied
   *     here; waits for it a while
   * @param bootstrapped hears of every agent that began to live
   * @param rotated hears of every agent that went on
   * @param patience with an agent's or a family's answer
   */
  public record Ports(
      Agents agents,
      TokenFamilies families,
      Revocations revocations,
      AuditLog audit,
      AccessTokenIssuer issuer,
      PublishedKeys keys,
      Authenticator authenticator,
      DpopProofs proofs,
      Lease lease,
      Function<AgentKey, CompletionStage<Boolean>> catchUp,
      Consumer<AgentKey> bootstrapped,
      Consumer<AgentKey> rotated,
      Patience patience,
      Voting voting,
      ApprovalDesk approvals,
      CallbackRelay callbacks) {}

  /** Who answers here. */
  public record Place(EnclaveId enclave, String node, String version, Endpoints endpoints) {}

  public static Route routes(
      AgentApiConfig config,
      EdgeConfig edge,
      Place place,
      Ports ports,
      Clock clock,
      MeterRegistry metrics) {
    var limits = new CallLimits(config, clock);
    var audit = new IdentityAudit(ports.audit(), place.enclave(), place.node(), clock, metrics);
    var bootstraps =
        new Bootstraps(
            ports.agents(),
            ports.families(),
            ports.issuer(),
            audit,
            ports.catchUp(),
            limits::noteStranger,
            ports.bootstrapped(),
            ports.patience(),
            clock);
    var rotations =
        new Rotations(
            ports.agents(),
            ports.families(),
            ports.revocations(),
            ports.issuer(),
            audit,
            limits::noteStranger,
            ports.rotated(),
            ports.patience(),
            clock);
    var tokens =
        new TokenRoutes(
            edge,
            limits,
            ports.proofs(),
            bootstraps::bootstrap,
            rotations::rotate,
            place.endpoints(),
            clock);
    var discover =
        new DiscoverRoutes(
            edge, limits, ports.keys(), place.enclave(), place.version(), place.endpoints());
    var self =
        new SelfRoutes(
            edge, limits, ports.authenticator(), ports.agents(), ports.voting().board(), audit);
    var approvals =
        new ApprovalRoutes(
            edge, limits, ports.authenticator(), ports.voting(), ports.approvals(), audit, clock);
    return concat(
        discover.routes(),
        new CallbackRoutes(edge, limits, ports.callbacks()).routes(),
        pathPrefixTest(
            segment("v1").slash("agent"),
            () ->
                whileLeased(
                    ports.lease(), concat(tokens.routes(), self.routes(), approvals.routes()))));
  }

  /** A node that may have missed what was stopped neither believes a token nor hands one out. */
  private static Route whileLeased(Lease lease, Route routes) {
    return extractRequest(_ ->
        lease.held()
            ? routes
            : Replies.problem(
                ProblemException.retryAfter(
                    ErrorType.UNAVAILABLE,
                    "This node has lost touch with the others and may not act; try again.",
                    1)));
  }
}
