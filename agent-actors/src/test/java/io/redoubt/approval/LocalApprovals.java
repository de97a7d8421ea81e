package io.redoubt.approval;

import io.redoubt.audit.AuditLog;
import io.redoubt.entity.LocalEntities;
import io.redoubt.protocol.id.EnclaveId;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;

/** The real approvals, in one actor system without a cluster, with the system's own journal. */
public final class LocalApprovals implements Approvals {
  private final LocalEntities<Approval.Command> entities;

  /** Without any model. */
  public LocalApprovals(
      ActorSystem<?> system, ApprovalBoard board, AuditLog audit, InstantSource clock) {
    this(system, board, audit, TierJudge.NONE, clock);
  }

  public LocalApprovals(
      ActorSystem<?> system,
      ApprovalBoard board,
      AuditLog audit,
      TierJudge judge,
      InstantSource clock) {
    var config = ApprovalConfig.from(system.settings().config());
    entities =
        new LocalEntities<>(
            system,
            config.entity().askTimeout(),
            (id, shard) -> {
              var key = ApprovalKey.ofEntityId(id);
              var trail = new Trail(key, new EnclaveId(new UUID(1, 1)), "node-1");
              return ApprovalEntity.create(key, shard, board, audit, trail, judge, config, clock);
            });
  }

  @Override
  public CompletionStage<Approval.Reply> ask(
      ApprovalKey approval, Function<ActorRef<Approval.Reply>, Approval.Command> message) {
    return entities.ask(approval.entityId(), message);
  }
}
