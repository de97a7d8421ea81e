package io.redoubt.proxy.llm;

import java.util.function.Consumer;

/** How far an exchange is. Its client may go, and its reply come, at any moment. */
final class ExchangePhase {
  enum Phase {
    /** The head of the reply is not here yet. */
    WAITING,
    /** The reply was handed to the server, which has not begun to read it. */
    OFFERED,
    READING,
    OVER
  }

  private Phase phase = Phase.WAITING;
  private boolean clientGone;
  private Consumer<ReplyEnd> breakOff = _ -> {};

  /** The reply is handed to the server; false if the client went away meanwhile. */
  synchronized boolean offer() {
    move(Phase.WAITING, Phase.OFFERED);
    return !clientGone;
  }

  /** Reading begins; false if there is nothing to read any more. */
  synchronized boolean read(Consumer<ReplyEnd> reader) {
    if (!move(Phase.OFFERED, Phase.READING)) {
      return false;
    }
    breakOff = reader;
    return true;
  }

  /** The offer is withdrawn; false if it was taken, or is over. */
  synchronized boolean neverRead() {
    return move(Phase.OFFERED, Phase.OVER);
  }

  /** True the first time. */
  synchronized boolean end() {
    boolean first = phase != Phase.OVER;
    phase = Phase.OVER;
    return first;
  }

  /** The client is gone; answers how far the exchange was by then. */
  synchronized Phase clientIsGone() {
    clientGone = true;
    return phase;
  }

  /** Breaks the reading off, if it has begun. */
  void breakOff(ReplyEnd why) {
    Consumer<ReplyEnd> reader;
    synchronized (this) {
      reader = breakOff;
    }
    reader.accept(why);
  }

  private boolean move(Phase from, Phase to) {
    boolean here = phase == from;
    phase = here ? to : phase;
    return here;
  }
}
