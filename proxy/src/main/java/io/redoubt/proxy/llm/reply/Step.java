package io.redoubt.proxy.llm.reply;

/** What is to be done with an event that may matter. */
enum Step {
  /** It has nothing to do with a call; it goes out, or waits behind what is held. */
  PASS,
  /** It is the beginning of a call, or a piece of one. */
  HOLD,
  /** With it, what is held is whole: somebody must decide. */
  DECIDE,
  /** The provider gave up: what is held never goes out, but this does. */
  ABANDON,
  /** It belongs to what was taken out of the reply. */
  DROP
}
