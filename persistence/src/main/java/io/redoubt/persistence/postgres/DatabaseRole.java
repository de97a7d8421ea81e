package io.redoubt.persistence.postgres;

/** The three roles that Redoubt knows in the database; none of them is a superuser. */
public enum DatabaseRole {
  /** Owns every object and is the only one that changes the schema. */
  MIGRATOR("redoubt_migrator"),
  CONTROL("redoubt_control"),
  ENCLAVE("redoubt_enclave");

  private final String user;

  DatabaseRole(String user) {
    this.user = user;
  }

  /** Its name in PostgreSQL. */
  public String user() {
    return user;
  }
}
