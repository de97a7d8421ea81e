package io.redoubt.proxy.authenticate;

/** What a request proves about a key (RFC 9449). */
public sealed interface Proof {

  /** Possession of the key with this thumbprint. */
  record Shown(String thumbprint) implements Proof {}

  /** Nothing. */
  enum Refused implements Proof {
    /** There is none, it does not fit the request or the key, or it was used before. */
    INVALID,
    /** It may be good; its caller has used more than are remembered of one caller. */
    TOO_MANY,
    /** It may be good; all callers together have used more than are remembered. */
    FULL
  }
}
