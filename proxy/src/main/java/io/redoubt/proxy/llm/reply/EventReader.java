package io.redoubt.proxy.llm.reply;

import java.util.List;

/** Reads the events of one provider's streams; keeps the state of one reply. */
interface EventReader {
  /**
   * Takes note of an event that may matter.
   *
   * @throws Unintelligible if a client might find a call in it that this does not
   */
  Step read(ServerSentEvent event);

  /** Whether every event must be shown from now on, also those that carry no call. */
  boolean seesAll();

  /** The stream is over; whether all calls that are held can be decided now. */
  boolean isWholeAtEnd();

  /** The calls that are held, in their order. */
  List<GatheredCall> calls();

  /** The calls are judged: adds what goes out instead of the events that were held. */
  void release(List<ServerSentEvent> held, Output out);

  /** An event that passes, and may need a change on account of an earlier verdict. */
  byte[] passing(ServerSentEvent event);

  /** What tells the client that the reply is cut, and why. */
  byte[] error(String message);

  /** What keeps the connection alive and means nothing. */
  byte[] keepAlive();
}
