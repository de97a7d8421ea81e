package io.redoubt.protocol.problem;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.json.Json;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorTypeTest {

  /** Callers switch over these; a line may be added, none may change. */
  @Test
  void theClosedListIsStable() {
    assertThat(Arrays.stream(ErrorType.values()).map(type -> type.status() + " " + type.urn()))
        .containsExactlyInAnyOrder(
            "400 urn:redoubt:error:malformed-request",
            "401 urn:redoubt:error:credential-missing",
            "401 urn:redoubt:error:credential-invalid",
            "401 urn:redoubt:error:step-up-needed",
            "401 urn:redoubt:error:bootstrap-token-invalid",
            "401 urn:redoubt:error:refresh-token-invalid",
            "401 urn:redoubt:error:proof-of-possession-invalid",
            "403 urn:redoubt:error:source-address-not-allowed",
            "403 urn:redoubt:error:agent-not-active",
            "403 urn:redoubt:error:permission-missing",
            "403 urn:redoubt:error:action-denied",
            "404 urn:redoubt:error:not-found",
            "405 urn:redoubt:error:method-not-allowed",
            "406 urn:redoubt:error:not-acceptable",
            "408 urn:redoubt:error:request-timeout",
            "409 urn:redoubt:error:bootstrap-token-used",
            "409 urn:redoubt:error:refresh-token-replayed",
            "409 urn:redoubt:error:conflict",
            "410 urn:redoubt:error:payload-not-kept",
            "412 urn:redoubt:error:precondition-failed",
            "413 urn:redoubt:error:content-too-large",
            "414 urn:redoubt:error:uri-too-long",
            "415 urn:redoubt:error:unsupported-media-type",
            "422 urn:redoubt:error:invalid-request",
            "422 urn:redoubt:error:idempotency-key-reused",
            "429 urn:redoubt:error:rate-limited",
            "431 urn:redoubt:error:headers-too-large",
            "500 urn:redoubt:error:internal",
            "502 urn:redoubt:error:upstream-failed",
            "503 urn:redoubt:error:unavailable",
            "504 urn:redoubt:error:upstream-timeout");
  }

  @Test
  void aProblemSaysWhatHelpsWhereNothingMoreExactIsKnown() {
    var problem = Problem.of(ErrorType.NOT_FOUND, null, "/api/v1/agents/x", "trace");

    assertThat(new String(Json.write(problem), UTF_8))
        .isEqualTo(
            "{\"type\":\"urn:redoubt:error:not-found\",\"title\":\"There is no such thing\","
                + "\"status\":404,\"detail\":\"Nothing is here for this caller.\","
                + "\"instance\":\"/api/v1/agents/x\",\"trace_id\":\"trace\"}");
  }

  @ParameterizedTest
  @EnumSource
  void everyErrorComesWithASentenceThatHelps(ErrorType type) {
    assertThat(type.help()).matches("[A-Z].*\\.").isNotEqualTo(type.title());
  }
}
