package io.redoubt.controlplane.connector;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.ConnectorSpec.Access;
import io.redoubt.protocol.link.ConnectorSpec.Method;
import io.redoubt.protocol.link.PathTemplate;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An operation of a connector, as a caller says it.
 *
 * @param access null: what is usual for the method
 */
record OperationForm(
    @Nullable String name,
    @Nullable String method,
    @Nullable String path,
    @Nullable String access) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,126}");

  void check(Checks checks, String pointer) {
    checks
        .require(
            name != null && NAME.matcher(name).matches(),
            pointer + "/name",
            "is needed: 1 to 127 letters, digits, dots, dashes and underscores, the first a letter"
                + " or digit")
        .require(
            knownMethod().isPresent(),
            pointer + "/method",
            "is needed: GET, POST, PUT, PATCH or DELETE")
        .require(
            access == null || knownAccess().isPresent(), pointer + "/access", "is read or write");
    checkPath(checks, pointer + "/path");
  }

  private void checkPath(Checks checks, String pointer) {
    if (path == null) {
      checks.wrong(pointer, "is needed, such as /issues/{id}");
      return;
    }
    try {
      var _ = PathTemplate.parse(path);
    } catch (IllegalArgumentException e) {
      checks.wrong(pointer, Objects.requireNonNull(e.getMessage()));
    }
  }

  private Optional<Method> knownMethod() {
    return Arrays.stream(Method.values()).filter(each -> each.name().equals(method)).findFirst();
  }

  private Optional<Access> knownAccess() {
    return Arrays.stream(Access.values()).filter(each -> each.wire().equals(access)).findFirst();
  }

  /** What was checked. */
  ConnectorSpec.Operation operation() {
    var how = knownMethod().orElseThrow();
    return new ConnectorSpec.Operation(
        Objects.requireNonNull(name),
        how,
        Objects.requireNonNull(path),
        knownAccess().orElse(how.usualAccess()));
  }
}
