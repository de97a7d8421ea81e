package io.redoubt.testing.line;

/** A direction, as the one sees it who opened the connection. */
public enum Way {
  THERE,
  BACK
}
