package io.redoubt.protocol.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.token.SecretKeyText.Kind;
import java.time.Clock;
import org.junit.jupiter.api.Test;

class SecretKeyTextTest {
  private static final char[] OTHERS = "Aa0_-.f ".toCharArray();
  private static final char[] BASE64URL =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".toCharArray();

  private final EnclaveId owner = EnclaveId.next(Clock.systemUTC());
  private final SecretKeyText key = SecretKeyText.mint(Kind.ENCLAVE_API_KEY, owner);

  @Test
  void aKeyComesBackWithItsOwner() {
    var read = SecretKeyText.parse(Kind.ENCLAVE_API_KEY, key.reveal()).orElseThrow();

    assertThat(read.owner()).isEqualTo(owner.toString());
    assertThat(read.digest()).isEqualTo(key.digest());
    assertThat(key.reveal()).startsWith("rde_" + owner + ".");
  }

  @Test
  void everySingleWrongCharacterIsNoticed() {
    String text = key.reveal();
    for (int at = 0; at < text.length(); at++) {
      for (char other : OTHERS) {
        if (other != text.charAt(at)) {
          String corrupt = text.substring(0, at) + other + text.substring(at + 1);
          assertThat(SecretKeyText.parse(Kind.ENCLAVE_API_KEY, corrupt)).as(corrupt).isEmpty();
        }
      }
    }
  }

  @Test
  void aKeyOfOneKindIsNoneOfTheOther() {
    assertThat(SecretKeyText.parse(Kind.CLIENT_SECRET, key.reveal())).isEmpty();
    assertThat(SecretKeyText.parse(Kind.ENCLAVE_API_KEY, null)).isEmpty();
    assertThat(SecretKeyText.parse(Kind.ENCLAVE_API_KEY, "")).isEmpty();
  }

  @Test
  void aSecretThatNoEncoderWroteIsRefusedThoughItsChecksumIsRight() {
    String text = key.reveal();
    int end = text.lastIndexOf('.');
    int accepted = 0;
    for (char last : BASE64URL) {
      String body = text.substring(0, end - 1) + last;
      if (SecretKeyText.parse(Kind.ENCLAVE_API_KEY, body + '.' + Checksum.of(body)).isPresent()) {
        accepted++;
      }
    }

    // 43 characters hold 258 bits, two of them left over: a quarter of the spellings is canonical.
    assertThat(accepted).isEqualTo(16);
  }

  @Test
  void noSecretIsPrinted() {
    assertThat(key.toString()).contains(owner.toString()).endsWith("***]");
  }
}
