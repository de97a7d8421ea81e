package io.redoubt.protocol.link;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.jwt.JwkSet;
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
   * @param commandKeysSignature JWS over the same set by each trusted key, null before a rotation
   */
  public record Response(
      EnclaveId enclaveId,
      String version,
      JwkSet commandKeys,
      @Nullable String commandKeysSignature,
      long lastCommand) {}
}
