package io.redoubt.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WrongBodiesTest {
  private final ProblemException malformed =
      ProblemException.of(ErrorType.MALFORMED_REQUEST, "The body is not JSON: line 1, column 2.");

  private long now = 1_000_000;
  private final InstantSource clock = () -> Instant.ofEpochMilli(now);
  private final WrongBodies bodies = new WrongBodies(Set.of("/reason"), clock);

  private long told(Object sender, int times) {
    return IntStream.range(0, times)
        .filter(_ -> bodies.remark(sender, malformed).isPresent())
        .count();
  }

  @Test
  void whatIsWrongIsToldAndNothingThatTheSenderSays() {
    assertThat(bodies.remark("a", malformed)).contains("malformed-request");
    assertThat(bodies.remark("a", ProblemException.invalid("/reason", "unknown: hunter2")))
        .contains("invalid-request, /reason");
    assertThat(bodies.remark("a", ProblemException.invalid("/hunter2", "is not known here")))
        .contains("invalid-request");
  }

  @Test
  void aFloodIsToldOfInPartAndSilencesNobodyElse() {
    assertThat(told("a", 1_000)).isEqualTo(30);
    assertThat(told("b", 1)).isEqualTo(1);
    now += 2_000;
    assertThat(told("a", 1_000)).isEqualTo(2);
    assertThat(List.of(told("b", 1), told("c", 1))).containsOnly(1L);
  }
}
