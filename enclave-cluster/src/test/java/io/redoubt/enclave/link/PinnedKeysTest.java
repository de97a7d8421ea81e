package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.SigningKey;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PinnedKeysTest {
  private final SigningKey old = SigningKey.generate();
  private final SigningKey young = SigningKey.generate();
  private final SigningKey stranger = SigningKey.generate();
  private final PinnedKeys pinned = new PinnedKeys(set(old));

  @Test
  void onlyAPinnedKeyIsBelieved() {
    byte[] payload = {'{', '}'};

    assertThat(pinned.verified(Jws.sign(old, Jws.Type.LINK_COMMAND, payload))).contains(payload);
    assertThat(pinned.verified(Jws.sign(stranger, Jws.Type.LINK_COMMAND, payload))).isEmpty();
    assertThat(pinned.verified(Jws.sign(old, Jws.Type.OPERATOR_ACCESS, payload))).isEmpty();
    assertThat(pinned.verified("nonsense")).isEmpty();
  }

  @Test
  void aNewSetIsBelievedOnlyWhereAPinnedKeySignedIt() {
    var next = set(old, young);

    assertThat(pinned.succeededBy(next, List.of(signed(old, next))))
        .hasValueSatisfying(keys -> assertThat(keys.set()).isEqualTo(next));
    assertThat(pinned.succeededBy(next, List.of())).isEmpty();
    assertThat(pinned.succeededBy(next, List.of(signed(young, next)))).isEmpty();
    assertThat(pinned.succeededBy(next, List.of(signed(old, set(old, stranger))))).isEmpty();
    assertThat(pinned.succeededBy(set(old), List.of())).containsSame(pinned);
  }

  /** Neither of the keys that are offered was there when this enclave last heard of any. */
  @Test
  void whoWasAwayForSeveralRotationsBelievesTheKeyThatItKnew() {
    var next = set(young);

    assertThat(pinned.succeededBy(next, List.of(signed(stranger, next), signed(old, next))))
        .hasValueSatisfying(keys -> assertThat(keys.set()).isEqualTo(next));
    assertThat(pinned.succeededBy(next, List.of(signed(stranger, next), "nonsense"))).isEmpty();
  }

  @Test
  void anEmptySetIsNotTrusted() {
    assertThatThrownBy(() -> new PinnedKeys(new JwkSet(List.of())))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static String signed(SigningKey key, JwkSet set) {
    return Jws.sign(key, Jws.Type.LINK_COMMAND, Json.write(set));
  }

  private static JwkSet set(SigningKey... keys) {
    return new JwkSet(Arrays.stream(keys).map(key -> key.publicHalf().jwk()).toList());
  }
}
