package io.redoubt.persistence.journal;

import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

/** The smallest event-sourced entity: it remembers texts. */
final class Ledger extends EventSourcedBehaviorWithEnforcedReplies<Ledger.Command, String, String> {
  sealed interface Command {}

  record Add(String text, ActorRef<Done> replyTo) implements Command {}

  record Read(ActorRef<List<String>> replyTo) implements Command {}

  record Done() {}

  private Ledger(String id) {
    super(PersistenceId.ofUniqueId(id));
  }

  static Behavior<Command> create(String id) {
    return new Ledger(id);
  }

  @Override
  public String emptyState() {
    return "";
  }

  @Override
  public CommandHandlerWithReply<Command, String, String> commandHandler() {
    return (state, command) ->
        switch (command) {
          case Add add -> Effect().persist(add.text()).thenReply(add.replyTo(), _ -> new Done());
          case Read read ->
              Effect()
                  .reply(
                      read.replyTo(),
                      Stream.of(state.split(",")).filter(text -> !text.isEmpty()).toList());
        };
  }

  @Override
  public EventHandler<String, String> eventHandler() {
    return (state, event) -> state + event + ",";
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(5, 2);
  }
}
