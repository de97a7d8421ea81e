package io.redoubt.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;
import org.apache.pekko.dispatch.Dispatcher;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceFactory;
import org.apache.pekko.dispatch.ExecutorServiceFactoryProvider;
import org.apache.pekko.dispatch.MessageDispatcher;
import org.apache.pekko.dispatch.MessageDispatcherConfigurator;
import scala.jdk.javaapi.DurationConverters;

/**
 * The threads that read and write every connection of a process, its own and those of its clients.
 * Each is the dispatcher of the streams that belong to its connections too, so that what has been
 * read goes on, and out again, without waking anybody. Nothing may block on them, and nothing long
 * be computed.
 */
public final class NetworkThreads implements Extension {
  /** What their names begin with. */
  public static final String NAME = "redoubt-network";

  static final String NATIVE_TRANSPORT = "redoubt.network.native-transport";

  private static final String SETTING = "redoubt.network.threads";
  private static final Id ID = new Id();

  private final NetworkTransport transport;
  private final EventLoopGroup threads;
  private final Map<EventLoop, NetworkThread> each = new HashMap<>();

  private NetworkThreads(ActorSystem<?> system) {
    var config = system.settings().config();
    int wanted = config.getInt(SETTING);
    if (wanted < 0) {
      throw new IllegalArgumentException(SETTING + " is out of its range");
    }
    int count = wanted == 0 ? Runtime.getRuntime().availableProcessors() : wanted;
    transport = NetworkTransport.choose(config.getBoolean(NATIVE_TRANSPORT));
    threads =
        new MultiThreadIoEventLoopGroup(
            count, new DefaultThreadFactory(NAME, true), transport.handlers());
    var all = system.classicSystem().dispatchers();
    for (EventExecutor executor : threads) {
      var thread = new NetworkThread((EventLoop) executor, NAME + '-' + each.size());
      all.registerConfigurator(
          thread.dispatcher(),
          new OnThread(dispatcherConfig(config, thread), all.prerequisites(), thread));
      each.put(thread.loop(), thread);
    }
    var _ = system.getWhenTerminated().whenComplete((_, _) -> shutDown());
  }

  /** Those of a process: all servers and clients of a system share them. */
  public static NetworkThreads of(ActorSystem<?> system) {
    return system.registerExtension(ID);
  }

  /** For connections to be registered with; ends with the system. */
  public EventLoopGroup group() {
    return threads;
  }

  /** What listens on them. */
  Class<? extends ServerChannel> listeners() {
    return transport.listeners();
  }

  /** What connects to others on them. */
  public Class<? extends Channel> connections() {
    return transport.connections();
  }

  /** That of a connection. */
  NetworkThread of(Channel connection) {
    return Objects.requireNonNull(each.get(connection.eventLoop()));
  }

  private void shutDown() {
    var _ = threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private static Config dispatcherConfig(Config whole, NetworkThread thread) {
    return ConfigFactory.parseMap(Map.of("id", thread.dispatcher()))
        .withFallback(whole.getConfig("pekko.actor.default-dispatcher"));
  }

  private static final class Id extends ExtensionId<NetworkThreads> {
    @Override
    public NetworkThreads createExtension(ActorSystem<?> system) {
      return new NetworkThreads(system);
    }
  }

  /** A dispatcher of one thread that is there already, and stays when the dispatcher goes. */
  private static final class OnThread extends MessageDispatcherConfigurator {
    private final MessageDispatcher dispatcher;

    OnThread(Config config, DispatcherPrerequisites prerequisites, NetworkThread thread) {
      super(config, prerequisites);
      dispatcher =
          new Dispatcher(
              this,
              thread.dispatcher(),
              config.getInt("throughput"),
              DurationConverters.toScala(Duration.ZERO),
              new Lent(thread.loop()),
              DurationConverters.toScala(config.getDuration("shutdown-timeout")));
    }

    @Override
    public MessageDispatcher dispatcher() {
      return dispatcher;
    }
  }

  private record Lent(EventLoop loop)
      implements ExecutorServiceFactoryProvider, ExecutorServiceFactory {
    @Override
    public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory factory) {
      return this;
    }

    @Override
    public ExecutorService createExecutorService() {
      return new LentThread(loop);
    }
  }

  private static final class LentThread extends AbstractExecutorService {
    private final EventLoop loop;
    private volatile boolean shutDown;

    LentThread(EventLoop loop) {
      this.loop = loop;
    }

    @Override
    public void execute(Runnable task) {
      loop.execute(task);
    }

    @Override
    public void shutdown() {
      shutDown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
      shutDown = true;
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return shutDown;
    }

    @Override
    public boolean isTerminated() {
      return shutDown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return shutDown;
    }
  }
}
