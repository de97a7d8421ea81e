package io.redoubt.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import java.io.IOException;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.junit.jupiter.api.Test;

class StoppingTest {
  /** It comes from below the routes, where a bare 503 would come from otherwise. */
  @Test
  void whoIsCutByTheEndOfAServerHearsAProblemLikeAnyOther() throws IOException {
    var answer = Replies.stopping();

    var entity = (HttpEntity.Strict) answer.entity();
    var problem = Json.LENIENT.readTree(entity.getData().toArray());
    assertThat(answer.status().intValue()).isEqualTo(503);
    assertThat(entity.getContentType().toString()).isEqualTo("application/problem+json");
    assertThat(answer.getHeader("retry-after").orElseThrow().value()).isEqualTo("1");
    assertThat(problem.path("type").asText()).isEqualTo(ErrorType.UNAVAILABLE.urn());
    assertThat(problem.path("trace_id").asText()).hasSize(32);
  }
}
