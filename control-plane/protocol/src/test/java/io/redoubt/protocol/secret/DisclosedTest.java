package io.redoubt.protocol.secret;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.json.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DisclosedTest {
  private record Answer(Disclosed accessToken) {}

  @Test
  void itIsWrittenAsWhatItIsAndPrintedAsNothing() throws Exception {
    var answer = new Answer(Disclosed.of("hush"));

    String written = new String(Json.write(answer), StandardCharsets.UTF_8);

    assertThat(written).isEqualTo("{\"access_token\":\"hush\"}");
    assertThat(Json.STRICT.readValue(written, Answer.class).accessToken().reveal())
        .isEqualTo("hush");
    assertThat(answer.toString()).doesNotContain("hush");
  }
}
