package io.redoubt.proxy.tools;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.agent.AgentKey;
import io.redoubt.http.RequestTrace;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.proxy.decide.BodyMemory;
import io.redoubt.proxy.decide.GovernedCall;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.decide.RequestBodies;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Objects;
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

  /** What goes on is that act, in the place of the one that the agent asked for. */
  void goesOnAs(Act instead, Instant now) {
    goesOnAs(instead.id(), now, Objects.requireNonNull(instead.edit(), "the agent's own"));
    carries(instead.said());
    asksFor(instead.request());
    comesTo(instead.invocation());
    holds(instead.found());
  }

  /**
   * What stands in the place of what the agent asked for, as it is told.
   *
   * @param approvalId the request for that
   * @param arguments with which it may be asked for, or is done; null: it is not approved
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Edited(ApprovalId approvalId, @Nullable JsonNode arguments) {}

  /** Null: nothing does. */
  @Nullable Edited edited() {
    var place = edit();
    if (place != null && asked != null) {
      return new Edited(place.approval(), asked.shown());
    }
    var other = replacement();
    return other == null ? null : new Edited(other.view().id(), other.arguments());
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
        record(node, who, Plane.CONNECTOR, Act.operation(invocation), verdict, Inspected.ARGUMENTS);
    if (asked != null) {
      record.connector(asked.connector()).resource(asked.operation());
    }
    if (invocation != null) {
      record.actionDigest(invocation.digest());
    }
    return record;
  }
}
