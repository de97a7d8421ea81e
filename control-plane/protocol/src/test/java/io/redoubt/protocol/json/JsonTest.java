package io.redoubt.protocol.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  private record Thing(
      @Nullable String someName,
      int count,
      boolean open,
      @Nullable List<String> tags,
      @Nullable Instant at) {}

  private record Maybe(Optional<String> name) {}

  @Test
  void namesAreInSnakeCaseAndTimesInRfc3339() {
    var thing = new Thing("a", 1, true, List.of("x"), Instant.parse("2026-11-20T12:00:00Z"));

    assertThat(new String(Json.write(thing), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"some_name\":\"a\",\"count\":1,\"open\":true,\"tags\":[\"x\"],"
                + "\"at\":\"2026-11-20T12:00:00Z\"}");
  }

  @Test
  void aMissingFieldIsNullWhereThatIsAllowed() throws Exception {
    assertThat(Json.STRICT.readValue("{\"count\":1,\"open\":false}", Thing.class))
        .isEqualTo(new Thing(null, 1, false, null, null));
    assertThat(Json.STRICT.readValue("{}", Maybe.class)).isEqualTo(new Maybe(Optional.empty()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{}",
        "{\"count\":1}",
        "{\"count\":null,\"open\":true}",
        "{\"count\":\"1\",\"open\":true}",
        "{\"count\":1.5,\"open\":true}",
        "{\"count\":1.0,\"open\":true}",
        "{\"count\":true,\"open\":true}",
        "{\"count\":99999999999,\"open\":true}",
        "{\"count\":1,\"open\":\"true\"}",
        "{\"count\":1,\"open\":1}",
        "{\"count\":1,\"open\":\"\"}",
        "{\"count\":1,\"open\":true,\"some_name\":7}",
        "{\"count\":1,\"open\":true,\"some_name\":1.5}",
        "{\"count\":1,\"open\":true,\"some_name\":true}",
        "{\"count\":1,\"open\":true,\"some_name\":[\"a\"]}",
        "{\"count\":1,\"open\":true,\"some_name\":{}}",
        "{\"count\":1,\"open\":true,\"tags\":\"x\"}",
        "{\"count\":1,\"open\":true,\"tags\":\"\"}",
        "{\"count\":1,\"open\":true,\"tags\":[7]}",
        "{\"count\":1,\"open\":true,\"tags\":{}}",
        "{\"count\":1,\"open\":true,\"at\":\"yesterday\"}",
        "{\"count\":1,\"open\":true,\"at\":1763640000}",
        "{\"count\":1,\"open\":true,\"at\":1763640000.5}",
        "{\"count\":1,\"open\":true,\"at\":\"1763640000\"}",
        "{\"count\":1,\"open\":true,\"at\":\"\"}",
        "{\"count\":1,\"count\":2,\"open\":true}",
        "{\"count\":1,\"open\":true} {}",
        "{\"count\":1,\"open\":true} x",
        "{\"count\":1,\"open\":true,}",
        "{'count':1,\"open\":true}",
        "{count:1,\"open\":true}",
        "{\"count\":NaN,\"open\":true}",
        "{\"count\":01,\"open\":true}",
        "{\"count\":1,\"open\":true /* so */}",
        "[]",
        "\"text\"",
        "7"
      })
  void whatIsNotMeantIsRefused(String json) {
    assertThatThrownBy(() -> Json.STRICT.readValue(json, Thing.class))
        .isInstanceOf(JsonProcessingException.class);
    assertThatThrownBy(() -> Json.LENIENT.readValue(json, Thing.class))
        .isInstanceOf(JsonProcessingException.class);
  }

  @Test
  void anUnknownFieldIsRefusedFromCallersAndPassedOverFromOurOwn() throws Exception {
    String newer = "{\"count\":1,\"open\":true,\"guard\":true}";

    assertThatThrownBy(() -> Json.STRICT.readValue(newer, Thing.class))
        .isInstanceOf(JsonProcessingException.class);
    assertThat(Json.LENIENT.readValue(newer, Thing.class).count()).isEqualTo(1);
  }

  @Test
  void depthAndNumbersHaveALimit() {
    assertThatThrownBy(() -> Json.STRICT.readTree("[".repeat(65) + "]".repeat(65)))
        .isInstanceOf(JsonProcessingException.class);
    assertThatThrownBy(() -> Json.STRICT.readTree("1".repeat(65)))
        .isInstanceOf(JsonProcessingException.class);
  }

  @Test
  void anErrorDoesNotQuoteWhatWasSent() {
    assertThatThrownBy(() -> Json.STRICT.readValue("{\"count\":rdb_secret", Thing.class))
        .satisfies(e ->
            assertThat(((JsonProcessingException) e).getLocation().sourceDescription())
                .doesNotContain("secret"));
  }
}
