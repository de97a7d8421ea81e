package io.redoubt.enclave.remoting;

import java.util.function.Consumer;
import javax.net.ssl.SSLHandshakeException;
import org.apache.pekko.actor.ActorCell;
import org.apache.pekko.actor.ActorContext;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.stream.impl.FanIn;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.Iterator;

/**
 * The part of Pekko that an engine is made for, found while it asks for one: an actor that does so
 * in its constructor. Artery knows no time-out for it, and there is no other way to the connection.
 * This leans on the inside of Pekko; `SilentStrangersTest` says so when that changes.
 */
final class TlsStage {
  private static final Logger LOG = LoggerFactory.getLogger(TlsStage.class);

  /** Number of the input that bytes from the network arrive at. */
  private static final int NETWORK = 0;

  private TlsStage() {}

  /** Ends the connection that an engine is being made for on this thread. */
  static Consumer<SSLHandshakeException> cutter() {
    // On top is a mark of the constructor that is running; below it, whose constructor that is.
    Iterator<ActorContext> contexts = ActorCell.contextStack().get().iterator();
    while (contexts.hasNext()) {
      @Nullable ActorContext context = contexts.next();
      if (context != null) {
        ActorRef stage = context.self();
        return why -> stage.tell(new FanIn.OnError(NETWORK, why), ActorRef.noSender());
      }
    }
    LOG.warn("Connections to the cluster port without a handshake cannot be cut");
    return _ -> {};
  }
}
