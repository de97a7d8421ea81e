package io.redoubt.persistence.sealing;

/** Whose data keys: the schema whose table {@code organization_key} holds them. */
public enum KeySchema {
  CONTROL,
  ENCLAVE
}
