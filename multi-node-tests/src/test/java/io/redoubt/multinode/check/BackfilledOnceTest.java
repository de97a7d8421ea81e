package io.redoubt.multinode.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.multinode.history.AuditLine;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The checker of the backfill accepts what may happen, and rejects what must not. */
final class BackfilledOnceTest {
  private static AuditLine line(String id, int second, String trace) {
    return new AuditLine(
        id,
        Instant.ofEpochSecond(second),
        "agent",
        "identity",
        "token:refresh",
        "permit",
        trace,
        "succeeded");
  }

  private static final AuditLine FIRST = line("aud_1", 1, "a");
  private static final AuditLine SECOND = line("aud_2", 2, "b");

  @Test
  void everythingOnceIsAcceptedInAnyOrderOfTheList() {
    assertThat(BackfilledOnce.violations(List.of("a", "b"), List.of(SECOND, FIRST))).isEmpty();
  }

  @Test
  void aMissingRecordIsRejected() {
    assertThat(BackfilledOnce.violations(List.of("a", "b"), List.of(FIRST))).isNotEmpty();
  }

  @Test
  void aRecordThatStandsThereTwiceIsRejected() {
    assertThat(BackfilledOnce.violations(List.of("a"), List.of(FIRST, FIRST))).isNotEmpty();
  }

  @Test
  void twoRecordsOfOneThingAreRejected() {
    assertThat(BackfilledOnce.violations(List.of("a"), List.of(FIRST, line("aud_3", 3, "a"))))
        .isNotEmpty();
  }

  @Test
  void timesThatContradictTheOrderAreRejected() {
    assertThat(BackfilledOnce.violations(List.of("b", "a"), List.of(FIRST, SECOND))).isNotEmpty();
  }

  @Test
  void numbersFollowEachOtherFromOneOn() {
    assertThat(BackfilledOnce.gaps(List.of(1L, 2L, 3L))).isEmpty();
    assertThat(BackfilledOnce.gaps(List.of(2L, 3L))).as("the first is missing").isNotEmpty();
    assertThat(BackfilledOnce.gaps(List.of(1L, 3L))).as("one is missing").isNotEmpty();
    assertThat(BackfilledOnce.gaps(List.of(1L, 1L, 2L))).as("one is there twice").isNotEmpty();
  }
}
