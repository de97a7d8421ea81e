package io.redoubt.multinode.product;

/** What became of a request. */
public sealed interface Attempt {

  /** The server answered. */
  record Answered(Reply reply) implements Attempt {}

  /** No connection: the server has certainly not seen it. */
  record NotSent(String why) implements Attempt {}

  /** Sent, and then a time-out or a broken connection: nobody knows. */
  record Lost(String why) implements Attempt {}
}
