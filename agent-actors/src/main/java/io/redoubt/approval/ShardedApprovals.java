package io.redoubt.approval;

import io.redoubt.audit.AuditLog;
import io.redoubt.entity.ShardedEntities;
import io.redoubt.protocol.id.EnclaveId;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/** All requests for approval, sharded over the cluster. */
public final class ShardedApprovals implements Approvals {
  /** By which the cluster knows them. */
  public static final EntityTypeKey<Approval.Command> TYPE =
      EntityTypeKey.create(Approval.Command.class, ApprovalEntity.TYPE);

  private final ShardedEntities<Approval.Command> entities;

  private ShardedApprovals(ShardedEntities<Approval.Command> entities) {
    this.entities = entities;
  }

  /** Starts this node's part; once for each actor system. */
  public static ShardedApprovals start(
      ActorSystem<?> system,
      ApprovalConfig config,
      ApprovalBoard board,
      AuditLog audit,
      TierJudge judge,
      EnclaveId enclave,
      String node,
      InstantSource clock) {
    return new ShardedApprovals(
        ShardedEntities.start(
            system,
            TYPE,
            config.entity(),
            new Approval.Stop(),
            entity -> {
              var key = ApprovalKey.ofEntityId(entity.getEntityId());
              return ApprovalEntity.create(
                  key,
                  entity.getShard(),
                  board,
                  audit,
                  new Trail(key, enclave, node),
                  judge,
                  config,
                  clock);
            }));
  }

  @Override
  public CompletionStage<Approval.Reply> ask(
      ApprovalKey approval, Function<ActorRef<Approval.Reply>, Approval.Command> message) {
    return entities.ask(approval.entityId(), message);
  }
}
