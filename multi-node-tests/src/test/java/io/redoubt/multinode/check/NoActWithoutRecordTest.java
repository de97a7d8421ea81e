package io.redoubt.multinode.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.multinode.history.AuditLine;
import io.redoubt.multinode.history.ModelCall;
import io.redoubt.multinode.history.Sighting;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The checker of G4 accepts what may happen, and rejects what must not. */
final class NoActWithoutRecordTest {
  private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

  private final List<Sighting> sightings = new ArrayList<>();
  private final List<ModelCall> calls = new ArrayList<>();
  private final List<AuditLine> audit = new ArrayList<>();
  private final List<Instant> crashes = new ArrayList<>();

  private static Instant at(int second) {
    return START.plusSeconds(second);
  }

  private void seen(String trace, int second) {
    sightings.add(new Sighting(trace, "agent", at(second), second));
  }

  private void recorded(String trace, int second, String verdict, @Nullable String outcome) {
    audit.add(
        new AuditLine(
            "aud_" + audit.size(),
            at(second),
            "agent",
            "llm",
            "llm:generate",
            verdict,
            trace,
            outcome));
  }

  private void isAccepted() {
    assertThat(NoActWithoutRecord.violations(sightings, calls, audit, crashes)).isEmpty();
  }

  private void isRejected() {
    assertThat(NoActWithoutRecord.violations(sightings, calls, audit, crashes)).isNotEmpty();
  }

  @Test
  void anActWithItsRecordIsAccepted() {
    recorded("t", 1, "permit", "succeeded");
    seen("t", 2);
    calls.add(new ModelCall("agent", "t", 0, 3, true, 200));

    isAccepted();
  }

  @Test
  void anActWithoutARecordIsRejected() {
    seen("t", 2);

    isRejected();
  }

  @Test
  void aDenialIsNoPermit() {
    recorded("t", 1, "deny", "refused");
    seen("t", 2);

    isRejected();
  }

  @Test
  void aRecordThatCameAfterTheActIsRejected() {
    recorded("t", 3, "permit", "succeeded");
    seen("t", 2);

    isRejected();
  }

  @Test
  void twoActsNeedTwoRecords() {
    recorded("t", 1, "permit", "succeeded");
    seen("t", 2);
    seen("t", 3);

    isRejected();
  }

  @Test
  void anIntentThatNeverActedIsAcceptedWithItsOutcome() {
    recorded("t", 1, "permit", "cut");

    isAccepted();
  }

  @Test
  void anIntentWithoutAnOutcomeIsRejected() {
    recorded("t", 1, "permit", null);

    isRejected();
  }

  @Test
  void aCrashExplainsAnUnknownOutcome() {
    recorded("t", 1, "permit", "unknown");
    crashes.add(at(2));

    isAccepted();
  }

  @Test
  void anEarlierCrashDoesNotExplainAnUnknownOutcome() {
    recorded("t", 3, "permit", "unknown");
    crashes.add(at(2));

    isRejected();
  }

  @Test
  void anAnswerWithoutARecordIsRejected() {
    calls.add(new ModelCall("agent", "t", 0, 3, true, 200));

    isRejected();
  }

  @Test
  void aRecordThatStandsThereTwiceIsRejected() {
    recorded("t", 1, "permit", "succeeded");
    audit.add(audit.getFirst());

    isRejected();
  }
}
