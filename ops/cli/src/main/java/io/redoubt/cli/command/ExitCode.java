package io.redoubt.cli.command;

/** What the shell is told. These numbers are part of the contract. */
public enum ExitCode {
  DONE(0),
  FAILED(1),
  USAGE(2),
  DENIED(3),
  NOT_FOUND(4),
  UNREACHABLE(5);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  /** What an HTTP status that is not a success means to the shell. */
  public static ExitCode ofStatus(int status) {
    return switch (status) {
      case 401, 403 -> DENIED;
      case 404, 410 -> NOT_FOUND;
      case 502, 503, 504 -> UNREACHABLE;
      default -> FAILED;
    };
  }
}
