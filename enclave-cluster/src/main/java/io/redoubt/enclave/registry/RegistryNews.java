package io.redoubt.enclave.registry;

import io.redoubt.ClusterMessage;
import io.redoubt.connector.Connectors;
import io.redoubt.organization.Organizations;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.provider.Providers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries word of a changed organization, provider or connector to all nodes, which read it anew at
 * once. What gets lost on the way is made up for by the store's own reading from time to time.
 */
public final class RegistryNews {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryNews.class);
  private static final Duration ONCE_MORE = Duration.ofSeconds(1);
  private static final String TOPIC = "registry-news";

  private RegistryNews() {}

  /** Something has changed, as this node knows. */
  public record Changed(String node) implements ClusterMessage {}

  /** The topic; every node spawns one. */
  public static Behavior<Topic.Command<Changed>> topic() {
    return Topic.create(Changed.class, TOPIC);
  }

  /** Tells all nodes, and soon once more: who has just joined may not be known of yet. */
  public static Runnable announcer(
      String node, ActorRef<Topic.Command<Changed>> topic, ActorSystem<?> system) {
    var news = Topic.publish(new Changed(node));
    return () -> {
      topic.tell(news);
      system.scheduler().scheduleOnce(ONCE_MORE, () -> topic.tell(news), system.executionContext());
    };
  }

  /** What the listener is told. */
  public sealed interface Message {}

  private record Heard(Changed changed) implements Message {}

  private record Read() implements Message {}

  /**
   * Reads anew when there is news: once at a time, and once more for all that came meanwhile.
   *
   * @param node this node, which has read its own changes already
   */
  public static Behavior<Message> listener(
      String node, ActorRef<Topic.Command<Changed>> topic, Supplier<CompletionStage<Void>> read) {
    return Behaviors.setup(context -> {
      topic.tell(Topic.subscribe(context.messageAdapter(Changed.class, Heard::new)));
      return new Listener(context, node, read);
    });
  }

  private static final class Listener extends AbstractBehavior<Message> {
    private final String node;
    private final Supplier<CompletionStage<Void>> read;
    private boolean reading;
    private boolean again;

    Listener(ActorContext<Message> context, String node, Supplier<CompletionStage<Void>> read) {
      super(context);
      this.node = node;
      this.read = read;
    }

    @Override
    public Receive<Message> createReceive() {
      return newReceiveBuilder().onAnyMessage(this::onMessage).build();
    }

    private Behavior<Message> onMessage(Message message) {
      switch (message) {
        case Heard(var changed) -> {
          if (!changed.node().equals(node)) {
            again = reading;
            readUnlessUnderWay();
          }
        }
        case Read _ -> {
          reading = false;
          if (again) {
            again = false;
            readUnlessUnderWay();
          }
        }
      }
      return this;
    }

    private void readUnlessUnderWay() {
      if (reading) {
        return;
      }
      reading = true;
      getContext()
          .pipeToSelf(
              read.get(),
              (_, failure) -> {
                if (failure != null) {
                  LOG.debug("News has to wait for the next reading", failure);
                }
                return new Read();
              });
    }
  }

  /** The same, and what is changed through it is announced. */
  public static Organizations announcing(Organizations inner, Runnable announce) {
    return new Organizations() {
      @Override
      public Optional<OrganizationSpec> find(OrganizationId organization) {
        return inner.find(organization);
      }

      @Override
      public Set<OrganizationId> all() {
        return inner.all();
      }

      @Override
      public CompletionStage<Void> put(OrganizationId organization, OrganizationSpec spec) {
        return inner.put(organization, spec).thenRun(announce);
      }
    };
  }

  /** The same, and what is changed through it is announced. */
  public static Providers announcing(Providers inner, Runnable announce) {
    return new Providers() {
      @Override
      public List<ProviderSpec> of(OrganizationId organization) {
        return inner.of(organization);
      }

      @Override
      public Optional<Secret> key(OrganizationId organization, ProviderSpec provider) {
        return inner.key(organization, provider);
      }

      @Override
      public CompletionStage<Void> put(
          OrganizationId organization, ProviderSpec provider, Secret key) {
        return inner.put(organization, provider, key).thenRun(announce);
      }

      @Override
      public CompletionStage<Void> delete(
          OrganizationId organization, String provider, long version) {
        return inner.delete(organization, provider, version).thenRun(announce);
      }
    };
  }

  /** The same, and what is changed through it is announced. */
  public static Connectors announcing(Connectors inner, Runnable announce) {
    return new Connectors() {
      @Override
      public Optional<ConnectorSpec> find(OrganizationId organization, String name) {
        return inner.find(organization, name);
      }

      @Override
      public Optional<Secret> secret(OrganizationId organization, ConnectorSpec connector) {
        return inner.secret(organization, connector);
      }

      @Override
      public CompletionStage<Void> put(
          OrganizationId organization, ConnectorSpec connector, @Nullable Secret secret) {
        return inner.put(organization, connector, secret).thenRun(announce);
      }

      @Override
      public CompletionStage<Void> delete(
          OrganizationId organization, String connector, long version) {
        return inner.delete(organization, connector, version).thenRun(announce);
      }
    };
  }
}
