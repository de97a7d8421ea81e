package io.redoubt.protocol.link;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import io.redoubt.protocol.link.ProviderSpec.Tls;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A connector: an HTTP API of the organization, and what may be asked of it. Its secret travels
 * beside it, sealed.
 *
 * @param name unique in the organization
 * @param baseUrl in front of the path of every operation
 * @param credential how its secret is presented; null: it has none
 * @param operations each with a name of its own
 * @param timeoutSeconds how long an answer may take, to its last byte
 * @param connectTimeoutSeconds how long a connection may take; null: as the enclave says
 * @param tls how its certificate is checked; null: as the enclave says
 */
public record ConnectorSpec(
    String name,
    URI baseUrl,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Credential credential,
    List<Operation> operations,
    int timeoutSeconds,
    long version,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer connectTimeoutSeconds,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Tls tls) {

  public ConnectorSpec {
    operations = List.copyOf(operations);
  }

  public Optional<Operation> operation(String wanted) {
    return operations.stream().filter(each -> each.name().equals(wanted)).findFirst();
  }

  /**
   * How a secret is presented.
   *
   * @param header the name of a header line
   * @param scheme in front of the secret, such as {@code Bearer} (RFC 9110 §11.4); null: nothing is
   */
  public record Credential(
      String header, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String scheme) {
    /** The value of the header line. */
    public String present(String secret) {
      return scheme == null ? secret : scheme + ' ' + secret;
    }
  }

  /**
   * Something that can be asked of the API.
   *
   * @param path below the base URL; {@code {name}} stands for the parameter of that name, as one
   *     segment or within one
   * @param access what policies and rules take it for
   */
  public record Operation(String name, Method method, String path, Access access) {}

  /** How an operation is asked for. */
  public enum Method {
    GET,
    POST,
    PUT,
    PATCH,
    DELETE;

    /** Whether parameters that the path does not name go into a body, and not into the query. */
    public boolean hasBody() {
      return this == POST || this == PUT || this == PATCH;
    }

    /** What an operation is taken for that does not say. */
    public Access usualAccess() {
      return this == GET ? Access.READ : Access.WRITE;
    }
  }

  /** Whether an operation changes something. */
  public enum Access {
    READ,
    WRITE;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Access of(String wire) {
      return switch (wire) {
        case "read" -> READ;
        case "write" -> WRITE;
        default -> throw new IllegalArgumentException("access is read or write");
      };
    }
  }
}
