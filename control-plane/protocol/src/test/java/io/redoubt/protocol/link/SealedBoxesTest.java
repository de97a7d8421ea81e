package io.redoubt.protocol.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SealedBoxesTest {
  private static final byte[] PURPOSE = bytes("enc/org/anthropic");
  private static final byte[] SECRET = bytes("sk-ant-very-secret");

  private final byte[] privateKey = SealedBoxes.newPrivateKey();
  private final byte[] publicKey = SealedBoxes.publicKey(privateKey);

  @Test
  void aBoxOpensWithItsKeyForItsPurpose() {
    var box = SealedBoxes.seal(publicKey, PURPOSE, SECRET);

    assertThat(SealedBoxes.open(privateKey, PURPOSE, box)).isEqualTo(SECRET);
  }

  @Test
  void aBoxForAnotherPurposeDoesNotOpen() {
    var box = SealedBoxes.seal(publicKey, PURPOSE, SECRET);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> SealedBoxes.open(privateKey, bytes("enc/other/anthropic"), box));
  }

  @Test
  void aBoxForAnotherKeyDoesNotOpen() {
    var box = SealedBoxes.seal(publicKey, PURPOSE, SECRET);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> SealedBoxes.open(SealedBoxes.newPrivateKey(), PURPOSE, box));
  }

  @Test
  void aChangedBoxDoesNotOpen() {
    var box = SealedBoxes.seal(publicKey, PURPOSE, SECRET);
    String changed = (box.ciphertext().startsWith("A") ? "B" : "A") + box.ciphertext().substring(1);

    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            SealedBoxes.open(privateKey, PURPOSE, new SealedBox(box.encapsulated(), changed)));
  }

  @Test
  void twoBoxesOfOneSecretDiffer() {
    assertThat(SealedBoxes.seal(publicKey, PURPOSE, SECRET))
        .isNotEqualTo(SealedBoxes.seal(publicKey, PURPOSE, SECRET));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
