package io.redoubt.proxy.tools;

import io.redoubt.agent.AgentKey;
import io.redoubt.http.RequestTrace;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.proxy.decide.BodyMemory;
import io.redoubt.proxy.decide.GovernedCall;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.decide.RequestBodies;
import java.net.InetAddress;
import java.time.Instant;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/** One call of an operation. */
final class Execution extends GovernedCall {
  private @Nullable ExecuteRequest asked;
  private @Nullable Invocation invocation;
  private BodyMemory.@Nullable Share room;

  Execution(
      HttpRequest request,
      RequestBodies.Body body,
      InetAddress source,
      RequestTrace trace,
      ActionId action,
      Instant at) {
    super(request, body, source, trace, action, at);
  }

  void asksFor(ExecuteRequest what) {
    asked = what;
  }

  void comesTo(Invocation what) {
    invocation = what;
  }

  /**
   * Sets memory aside for its reply, once.
   *
   * @throws Refusal.Raised where there is none
   */
  void makeRoom(BodyMemory memory, int bytes) {
    var who = claims();
    if (room == null && who != null) {
      var share = memory.share(new AgentKey(who.organization(), who.agent()));
      share.take(bytes);
      room = share;
    }
  }

  /** Its answer is with the agent, or nobody waits for it. From whatever thread sees that. */
  @Override
  public synchronized void isOver() {
    super.isOver();
    if (room != null) {
      room.giveBack();
    }
  }

  @Override
  public AuditBuilder record(NodeIdentity node, AccessClaims who, Verdict verdict) {
    var record =
        record(
            node,
            who,
            Plane.CONNECTOR,
            Executor.operation(invocation),
            verdict,
            Inspected.ARGUMENTS);
    if (asked != null) {
      record.connector(asked.connector()).resource(asked.operation());
    }
    if (invocation != null) {
      record.actionDigest(invocation.digest());
    }
    return record;
  }
}
