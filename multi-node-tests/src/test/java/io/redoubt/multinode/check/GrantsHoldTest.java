package io.redoubt.multinode.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.multinode.history.Fate;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Isolation;
import io.redoubt.multinode.history.Plea;
import io.redoubt.multinode.history.Sighting;
import io.redoubt.multinode.history.Timed;
import io.redoubt.multinode.history.Vote;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The checker of G9 accepts what may happen, and rejects what must not. */
final class GrantsHoldTest {
  private static final long LATER = Duration.ofSeconds(10).toNanos();

  private final History history = new History();
  private final List<Sighting> sightings = new ArrayList<>();
  private final Map<String, Fate> fates = new HashMap<>();
  private int uses = 1;

  private void told(Plea.Answer answer) {
    history.add(
        new Plea("agent", "call", 1, answer instanceof Plea.Maybe ? Timed.NEVER : 2, answer));
  }

  private void voted(boolean approves, Vote.Answer answer) {
    long ended = answer instanceof Vote.Maybe ? Timed.NEVER : 4;
    history.add(new Vote("apr", "enclave", approves, 3, ended, answer));
  }

  private void passed(long nanos) {
    sightings.add(new Sighting("call", "agent", Instant.EPOCH, nanos));
  }

  private void became(String status, String... steps) {
    fates.put("apr", new Fate("apr", "agent", status, List.of(steps)));
  }

  private List<String> violations() {
    return GrantsHold.violations(history, sightings, fates, _ -> uses);
  }

  private void isAccepted() {
    assertThat(violations()).isEmpty();
  }

  private void isRejected() {
    assertThat(violations()).isNotEmpty();
  }

  @Test
  void whatWasGrantedPassesOnce() {
    told(new Plea.Pending("apr"));
    voted(true, new Vote.Heard("approved"));
    voted(false, new Vote.Late("approved already"));
    told(new Plea.Passed());
    passed(5);
    became("consumed", "asked", "voted", "granted", "used");

    isAccepted();
  }

  @Test
  void aGrantMayBeSpentInVain() {
    told(new Plea.Pending("apr"));
    voted(true, new Vote.Heard("approved"));
    told(new Plea.Maybe("broken off"));
    became("consumed", "asked", "voted", "granted", "used");

    isAccepted();
  }

  @Test
  void twoPassesOnOneGrantAreRejected() {
    told(new Plea.Pending("apr"));
    voted(true, new Vote.Heard("approved"));
    became("consumed", "asked", "voted", "granted", "used");
    passed(5);
    passed(6);

    isRejected();
  }

  @Test
  void asManyPassesAsGrantedAreAccepted() {
    uses = 2;
    told(new Plea.Pending("apr"));
    voted(true, new Vote.Heard("approved"));
    became("consumed", "asked", "voted", "granted", "used", "used");
    passed(5);
    passed(6);

    isAccepted();
  }

  @Test
  void aPassThatNobodyGrantedIsRejected() {
    told(new Plea.Pending("apr"));
    became("pending", "asked");
    passed(5);

    isRejected();
  }

  @Test
  void aPassOfACallThatNobodyWasAskedAboutIsRejected() {
    passed(5);

    isRejected();
  }

  @Test
  void aPassWithoutAUseOnRecordIsRejected() {
    told(new Plea.Pending("apr"));
    voted(true, new Vote.Heard("approved"));
    became("approved", "asked", "voted", "granted");
    passed(5);

    isRejected();
  }

  @Test
  void anAnswerThatTheUpstreamNeverGaveIsRejected() {
    told(new Plea.Pending("apr"));
    told(new Plea.Passed());
    voted(true, new Vote.Heard("approved"));
    became("consumed", "asked", "voted", "granted", "used");

    isRejected();
  }

  @Test
  void twoDecisionsAreRejected() {
    told(new Plea.Pending("apr"));
    became("approved", "asked", "voted", "granted", "voted", "denied");

    isRejected();
  }

  @Test
  void twoOppositeVotesThatBothCountAreRejected() {
    told(new Plea.Pending("apr"));
    voted(true, new Vote.Heard("approved"));
    voted(false, new Vote.Heard("denied"));
    became("denied", "asked", "voted", "denied");

    isRejected();
  }

  @Test
  void aVoteThatIsTooLateForNothingIsRejected() {
    told(new Plea.Pending("apr"));
    voted(true, new Vote.Late("over"));
    became("pending", "asked");

    isRejected();
  }

  @Test
  void aRequestThatNobodyKnowsAnyMoreIsRejected() {
    told(new Plea.Pending("apr"));

    isRejected();
  }

  @Test
  void aRequestForTwoCallsIsRejected() {
    told(new Plea.Pending("apr"));
    history.add(new Plea("agent", "another call", 1, 2, new Plea.Pending("apr")));
    became("pending", "asked");

    isRejected();
  }

  @Test
  void anotherStatusThanRecordedIsRejected() {
    told(new Plea.Pending("apr"));
    became("expired", "asked", "escalated");

    isRejected();
  }

  @Test
  void aGrantOfBeforeAnIsolationLetsNothingPassAfterIt() {
    told(new Plea.Pending("apr"));
    voted(true, new Vote.Heard("approved"));
    history.add(new Isolation("agent", 5, 6, 7));
    became("consumed", "asked", "voted", "granted", "used");
    passed(LATER);

    isRejected();
  }

  @Test
  void oneOfAfterItDoes() {
    told(new Plea.Pending("apr"));
    history.add(new Isolation("agent", 1, 2, 3));
    voted(true, new Vote.Heard("approved"));
    became("consumed", "asked", "voted", "granted", "used");
    passed(LATER);

    isAccepted();
  }
}
