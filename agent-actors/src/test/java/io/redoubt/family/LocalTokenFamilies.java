package io.redoubt.family;

import io.redoubt.entity.LocalEntities;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;

/** The real token families, in one actor system without a cluster, with its own journal. */
public final class LocalTokenFamilies implements TokenFamilies {
  private final LocalEntities<TokenFamily.Command> entities;

  public LocalTokenFamilies(ActorSystem<?> system, InstantSource clock) {
    var config = TokenFamilyConfig.from(system.settings().config()).entity();
    entities =
        new LocalEntities<>(
            system,
            config.askTimeout(),
            (id, shard) ->
                TokenFamilyEntity.create(FamilyKey.ofEntityId(id), shard, config, clock));
  }

  @Override
  public CompletionStage<TokenFamily.Reply> ask(
      FamilyKey family, Function<ActorRef<TokenFamily.Reply>, TokenFamily.Command> message) {
    return entities.ask(family.entityId(), message);
  }
}
