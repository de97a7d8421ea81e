package io.redoubt.enclave.operatorapi;

import io.redoubt.approval.Voting;
import io.redoubt.enclave.identity.NodeKeys;
import io.redoubt.enclave.kill.KillSwitch;
import io.redoubt.enclave.kill.UnreportedAgents;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.RateLimiter;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.proxy.authenticate.VerificationKeys;
import java.time.Clock;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;

/** The operators' routes, put together. */
public final class OperatorApi {
  private OperatorApi() {}

  public static Route routes(
      OperatorApiConfig config,
      EdgeConfig edge,
      EnclaveId enclave,
      OperatorTrust trust,
      NodeKeys signing,
      VerificationKeys own,
      KillSwitch killSwitch,
      UnreportedAgents unreported,
      Voting voting,
      PayloadPorts payloads,
      String node,
      Clock clock) {
    var tokens = new OperatorTokens(trust, signing, own, enclave, clock);
    var limits = new RateLimiter(config.perSecond(), config.burst(), config.maxSources(), clock);
    var gate = new OperatorGate(edge, limits, tokens);
    return Directives.concat(
        new BreakGlassRoutes(edge, gate, tokens, killSwitch, unreported, clock).routes(),
        new ApprovalRoutes(edge, gate, voting, clock).routes(),
        new PayloadRoutes(
                gate, new PayloadReading(payloads, enclave, node, config.payloadReads(), clock))
            .routes());
  }
}
