package io.redoubt.enclave;

/** Which release of Redoubt this is. */
final class Release {
  private Release() {}

  static String version() {
    String version = Release.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
