package io.redoubt.multinode.network;

/** A direction, as the one sees it who opened the connection. */
public enum Way {
  THERE,
  BACK
}
