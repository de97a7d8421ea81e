package io.redoubt.singleton;

/** What one node does for the whole enclave. The names are kept in the database. */
public enum Singleton {
  CONTROL_PLANE_LINK("control-plane-link"),
  AUDIT_FORWARDER("audit-forwarder"),
  KEY_JANITOR("key-janitor"),
  APPROVAL_WAKER("approval-waker");

  private final String wire;

  Singleton(String wire) {
    this.wire = wire;
  }

  public String wire() {
    return wire;
  }
}
