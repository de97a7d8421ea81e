package io.redoubt.proxy.stream;

/** Whether something may be under way. */
public sealed interface Registration permits LiveStream, Registration.Full {

  /** Too much is under way already. */
  enum Full implements Registration {
    /** Of this agent. */
    AGENT,
    /** On this node. */
    NODE
  }
}
