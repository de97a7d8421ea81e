package io.redoubt.protocol.link;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.jwt.JwkSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How a conversation begins: {@code POST /enclave/v1/hello}. */
public final class Hello {
  private Hello() {}

  /**
   * What the enclave says.
   *
   * @param enrolmentKey X25519 public key, 32 bytes, base64
   */
  public record Request(String node, String version, String enrolmentKey) {}

  /**
   * What the control plane answers.
   *
   * @param commandKeys keys that sign commands and heartbeats; pinned by the enclave at its first
   *     hello, afterwards only extended by a set that an already trusted key has signed
   * @param commandKeysSignature JWS over the same set by the oldest key in it, null before a
   *     rotation
   * @param commandKeysSignatures the same by each of the keys before, for who was away meanwhile;
   *     null: from an older release
   */
  public record Response(
      EnclaveId enclaveId,
      String version,
      JwkSet commandKeys,
      @Nullable String commandKeysSignature,
      @Nullable List<String> commandKeysSignatures,
      long lastCommand) {

    /** All that speak for the keys. */
    public List<String> signatures() {
      return Stream.concat(
              Stream.ofNullable(commandKeysSignature),
              Stream.ofNullable(commandKeysSignatures).flatMap(List::stream))
          .toList();
    }
  }
}
