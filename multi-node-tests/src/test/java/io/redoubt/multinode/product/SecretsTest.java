package io.redoubt.multinode.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A secret in a log is found wherever it stands, and nothing else is. */
final class SecretsTest {
  private static final String SECRET = TokenText.stranger("rdr_");

  private final Secrets secrets = new Secrets();

  @Test
  void oneIsFoundWhereverItStands() {
    secrets.note(SECRET);

    assertThat(
            List.of(
                SECRET,
                "{\"token\":\"" + SECRET + "\"}",
                "GET /v1?token=" + SECRET + " HTTP/1.1",
                "/directory/" + SECRET + "/file",
                "x".repeat(100) + SECRET + "y".repeat(100),
                "first " + "a".repeat(30) + "\n" + SECRET))
        .allSatisfy(text ->
            assertThat(secrets.foundIn(text)).containsExactly(SECRET.substring(0, 12) + "…"));
  }

  @Test
  void whatIsNotThereIsNotFound() {
    secrets.note(SECRET);
    String half = SECRET.substring(0, SECRET.length() / 2);

    assertThat(secrets.foundIn(half)).isEmpty();
    assertThat(secrets.foundIn(half + " " + SECRET.substring(half.length()))).isEmpty();
    assertThat(secrets.foundIn(TokenText.stranger("rdr_"))).isEmpty();
  }

  @Test
  void whatCouldNotBeFoundIsNotTaken() {
    assertThatIllegalArgumentException().isThrownBy(() -> secrets.note("short"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> secrets.note("a phrase of several words"));
  }
}
