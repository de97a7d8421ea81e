package io.redoubt.protocol.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.redoubt.protocol.json.Json;
import org.junit.jupiter.api.Test;

class SecretTest {
  private final Secret secret = Secret.of("sk-very-secret");

  private record Holder(String name, Secret key) {}

  @Test
  void aSecretPrintsAsStars() {
    assertThat(secret).hasToString("***");
    assertThat(new Holder("x", secret).toString()).doesNotContain("sk-");
  }

  @Test
  void aSecretIsReadAndNeverWritten() throws Exception {
    assertThat(Json.STRICT.readValue("\"sk-very-secret\"", Secret.class)).isEqualTo(secret);
    assertThatThrownBy(() -> Json.LENIENT.writeValueAsString(new Holder("x", secret)))
        .isInstanceOf(JsonMappingException.class)
        .hasMessageNotContaining("sk-");
  }

  /** As actor systems set up theirs. */
  @Test
  void aMapperThatReadsFieldsDoesNotWriteItEither() {
    var mapper = new ObjectMapper().setVisibility(PropertyAccessor.FIELD, Visibility.ANY);

    assertThatThrownBy(() -> mapper.writeValueAsString(secret))
        .isInstanceOf(JsonMappingException.class)
        .hasMessageNotContaining("sk-");
  }

  @Test
  void secretsAreEqualWhereTheirValuesAre() {
    assertThat(secret)
        .isEqualTo(Secret.of("sk-very-secret"))
        .isNotEqualTo(Secret.of("sk-very-secreT"))
        .isNotEqualTo("sk-very-secret");
  }
}
