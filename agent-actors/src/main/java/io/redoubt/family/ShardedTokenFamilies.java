package io.redoubt.family;

import io.redoubt.entity.ShardedEntities;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/** All token families, sharded over the cluster. */
public final class ShardedTokenFamilies implements TokenFamilies {
  /** By which the cluster knows them. */
  public static final EntityTypeKey<TokenFamily.Command> TYPE =
      EntityTypeKey.create(TokenFamily.Command.class, TokenFamilyEntity.TYPE);

  private final ShardedEntities<TokenFamily.Command> entities;

  private ShardedTokenFamilies(ShardedEntities<TokenFamily.Command> entities) {
    this.entities = entities;
  }

  /** Starts this node's part; once for each actor system. */
  public static ShardedTokenFamilies start(
      ActorSystem<?> system, TokenFamilyConfig config, InstantSource clock) {
    return new ShardedTokenFamilies(
        ShardedEntities.start(
            system,
            TYPE,
            config.entity(),
            new TokenFamily.Stop(),
            entity ->
                TokenFamilyEntity.create(
                    FamilyKey.ofEntityId(entity.getEntityId()),
                    entity.getShard(),
                    config.entity(),
                    clock)));
  }

  @Override
  public CompletionStage<TokenFamily.Reply> ask(
      FamilyKey family, Function<ActorRef<TokenFamily.Reply>, TokenFamily.Command> message) {
    return entities.ask(family.entityId(), message);
  }
}
