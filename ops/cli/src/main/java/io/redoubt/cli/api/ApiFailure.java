package io.redoubt.cli.api;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.protocol.problem.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The server's refusal, in its own words. */
public final class ApiFailure extends CommandFailure {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final @Nullable String type;
  private final String[] pointers;
  private final @Nullable Integer stepUpSeconds;

  private ApiFailure(
      int status,
      @Nullable String type,
      String message,
      String[] pointers,
      @Nullable Integer stepUpSeconds) {
    super(ExitCode.ofStatus(status), message);
    this.status = status;
    this.type = type;
    this.pointers = pointers;
    this.stepUpSeconds = stepUpSeconds;
  }

  static ApiFailure of(int status, @Nullable Problem problem) {
    if (problem == null || problem.title() == null) {
      return of(status, "The server answered with status " + status + ".");
    }
    var message = new StringBuilder(problem.title());
    var pointers = new ArrayList<String>();
    if (problem.errors() != null && !problem.errors().isEmpty()) {
      // The detail only says that there are these.
      message.append(':');
      for (var error : problem.errors()) {
        message.append("\n  ").append(written(error));
        pointers.add(error.pointer());
      }
    } else if (problem.detail() != null) {
      message.append(": ").append(problem.detail());
    }
    if (problem.traceId() != null) {
      message.append("\n  (status ").append(status).append(", trace ").append(problem.traceId());
      message.append(')');
    }
    return new ApiFailure(
        status, problem.type(), message.toString(), pointers.toArray(String[]::new), null);
  }

  /** One that points nowhere is about all of what was sent. */
  private static String written(Problem.FieldError error) {
    return error.pointer().isEmpty() ? error.detail() : error.pointer() + ": " + error.detail();
  }

  static ApiFailure of(int status, String message) {
    return new ApiFailure(status, null, message, new String[0], null);
  }

  /**
   * The same, where the server wants to know once more who is calling (RFC 9470).
   *
   * @param seconds how long ago that may have been proved
   */
  ApiFailure steppingUp(int seconds) {
    return new ApiFailure(status, type, String.valueOf(getMessage()), pointers, seconds);
  }

  /** How long ago the caller may have authenticated; null: it is not about that. */
  public @Nullable Integer stepUpSeconds() {
    return stepUpSeconds;
  }

  /** Whether the server found something wrong in this place of what it was sent. */
  public boolean isAbout(String pointer) {
    return Arrays.asList(pointers).contains(pointer);
  }

  public int status() {
    return status;
  }

  /** The stable URN of the error type, where the server gave one. */
  public @Nullable String type() {
    return type;
  }
}
