package io.redoubt.enclave.operatorapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.redoubt.enclave.operatorapi.PayloadReading.Opened;
import io.redoubt.payload.PayloadStore.Part;
import io.redoubt.payload.PayloadStore.Payload;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.OperatorClaims;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.testing.FakeFences;
import io.redoubt.testing.InMemoryAuditLog;
import io.redoubt.testing.InMemoryOrganizations;
import io.redoubt.testing.InMemoryPayloadStore;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What was recorded is read by whoever may, and that is on record first. */
class PayloadReadingTest {
  private static final int DAYS = 30;
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  private final ManualClock clock = new ManualClock();
  private final OrganizationId acme = OrganizationId.next(clock);
  private final OrganizationId globex = OrganizationId.next(clock);
  private final AgentId agent = AgentId.next(clock);
  private final EnclaveId enclave = EnclaveId.next(clock);
  private final InMemoryPayloadStore payloads = new InMemoryPayloadStore();
  private final InMemoryAuditLog records = new InMemoryAuditLog(new FakeFences());
  private final InMemoryAuditLog audit = new InMemoryAuditLog(new FakeFences());
  private final InMemoryOrganizations organizations = new InMemoryOrganizations();
  private final PayloadReading reading =
      new PayloadReading(
          new PayloadPorts(payloads, records, audit, organizations), enclave, "node-1", 1, clock);
  private long versions;

  @BeforeEach
  void organizationsKeepPayloads() {
    keeps(acme, OrganizationSpec.Payloads.FULL);
    keeps(globex, OrganizationSpec.Payloads.FULL);
  }

  private void keeps(OrganizationId organization, OrganizationSpec.Payloads kept) {
    join(
        organizations.put(
            organization,
            new OrganizationSpec(
                "Example", kept, DAYS, OrganizationSpec.OfflineMode.FREEZE, ++versions)));
  }

  /** An action of the first organization that is on record. */
  private ActionId acted(Plane plane, Verdict verdict) {
    var action = ActionId.next(clock);
    join(
        records.record(
            new AuditBuilder(
                    action.auditId(), clock.instant(), acme, plane, "llm:generate", verdict)
                .agent(agent, "ann@example.com")
                .byAgent()
                .actionDigest("00ff")
                .outcome(new Outcome(Outcome.Status.SUCCEEDED, 1, null, null))
                .build()));
    return action;
  }

  private void keep(ActionId action, Part part, String mediaType, byte[] body, boolean truncated) {
    join(
        payloads.keep(
            new Payload(
                acme,
                agent,
                action,
                part,
                mediaType,
                ByteString.fromArray(body),
                truncated,
                clock.instant(),
                clock.instant().plus(Duration.ofDays(DAYS)))));
  }

  private OperatorClaims operatorOf(OrganizationId organization) {
    return new OperatorClaims(
        "urn:redoubt:control-plane",
        OperatorClaims.AUDIENCE,
        "mem_auditor",
        "cli_1",
        organization,
        Set.of("payloads:read"),
        "jti",
        clock.instant(),
        clock.instant().plusSeconds(900));
  }

  private CompletionStage<Opened> open(ActionId action, Part part) {
    return reading.open(operatorOf(acme), action, part, TRACE);
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static ProblemException problem(CompletionStage<?> stage) {
    var failure = catchThrowable(() -> join(stage));
    assertThat(failure).isInstanceOf(CompletionException.class);
    assertThat(failure.getCause()).isInstanceOf(ProblemException.class);
    return (ProblemException) Objects.requireNonNull(failure.getCause());
  }

  @Test
  void bothHalvesAreListedWithoutTheirContents() {
    var action = acted(Plane.LLM, Verdict.PERMIT);
    keep(action, Part.REQUEST, "application/json", new byte[] {1, 2}, false);
    keep(action, Part.REPLY, "text/event-stream", new byte[] {1, 2, 3}, true);

    var found = join(reading.list(operatorOf(acme), action));

    assertThat(found.action().actionDigest()).isEqualTo("00ff");
    assertThat(found.halves())
        .extracting(half -> half.part() + " " + half.mediaType() + " " + half.bytes())
        .containsExactly("REQUEST application/json 2", "REPLY text/event-stream 3");
    assertThat(found.halves().getLast().truncated()).isTrue();
    assertThat(audit.records()).as("nobody has read anything").isEmpty();
  }

  @Test
  void aBinaryReplyComesBackByteForByte() {
    byte[] body = {0, (byte) 0xff, (byte) 0xc3, 0x28, '\r', '\n', 0};
    var action = acted(Plane.LLM, Verdict.PERMIT);
    keep(action, Part.REPLY, "application/octet-stream", body, false);

    assertThat(join(open(action, Part.REPLY)).payload().body().toArray()).isEqualTo(body);
  }

  @Test
  void whoReadWhatIsOnRecordBeforeTheyHaveIt() {
    var action = acted(Plane.LLM, Verdict.PERMIT);
    keep(action, Part.REQUEST, "application/json", new byte[] {1}, false);
    audit.outage.block();

    var read = open(action, Part.REQUEST).toCompletableFuture();

    assertThat(audit.outage.waiting()).isEqualTo(1);
    assertThat(read).isNotDone();
    audit.outage.end();
    assertThat(read).isCompleted();
    var record = audit.records().getFirst();
    assertThat(record.organizationId()).isEqualTo(acme);
    assertThat(record.plane()).isEqualTo(Plane.ADMIN);
    assertThat(record.operation()).isEqualTo("payload:read");
    assertThat(record.actor()).isEqualTo("mem_auditor");
    assertThat(record.agentId()).isEqualTo(agent);
    assertThat(record.owner()).isEqualTo("ann@example.com");
    assertThat(record.resource()).isEqualTo(action.toString());
    assertThat(record.detail()).isEqualTo("request");
    assertThat(record.enclaveId()).isEqualTo(enclave);
    assertThat(record.traceId()).isEqualTo(TRACE);
  }

  @Test
  void whatCannotBePutOnRecordIsNotRead() {
    var action = acted(Plane.LLM, Verdict.PERMIT);
    keep(action, Part.REQUEST, "application/json", new byte[] {1}, false);
    audit.outage.begin();

    assertThat(open(action, Part.REQUEST).toCompletableFuture()).isCompletedExceptionally();

    audit.outage.end();
    assertThat(open(action, Part.REQUEST).toCompletableFuture())
        .as("its place is free again")
        .isCompleted();
  }

  @Test
  void anotherOrganizationsActionIsAnsweredLikeOneThatIsNotThere() {
    var action = acted(Plane.LLM, Verdict.PERMIT);
    keep(action, Part.REQUEST, "application/json", new byte[] {1}, false);
    var stranger = operatorOf(globex);
    var nothing = ActionId.next(clock);

    var listed = problem(reading.list(stranger, action));
    var opened = problem(reading.open(stranger, action, Part.REQUEST, TRACE));

    assertThat(listed.type()).isEqualTo(ErrorType.NOT_FOUND);
    assertThat(opened.type()).isEqualTo(ErrorType.NOT_FOUND);
    assertThat(listed.getMessage())
        .isEqualTo(problem(reading.list(stranger, nothing)).getMessage());
    assertThat(opened.getMessage())
        .isEqualTo(problem(reading.open(stranger, nothing, Part.REQUEST, TRACE)).getMessage());
    assertThat(audit.records()).isEmpty();
  }

  @Test
  void whatIsPastItsRetentionIsGoneDeletedOrNot() {
    var action = acted(Plane.LLM, Verdict.PERMIT);
    keep(action, Part.REQUEST, "application/json", new byte[] {1}, false);
    clock.advance(Duration.ofDays(DAYS));

    var undeleted = problem(open(action, Part.REQUEST));
    join(payloads.purge(clock.instant()));
    var deleted = problem(open(action, Part.REQUEST));

    for (var gone : new ProblemException[] {undeleted, deleted}) {
      assertThat(gone.type()).isEqualTo(ErrorType.PAYLOAD_NOT_KEPT);
      assertThat(gone).hasMessageContaining("older than the 30 days");
    }
    assertThat(problem(reading.list(operatorOf(acme), action)).type())
        .isEqualTo(ErrorType.PAYLOAD_NOT_KEPT);
    assertThat(audit.records()).isEmpty();
  }

  @Test
  void anOrganizationThatKeepsMetadataOnlyIsSaidToDoSo() {
    keeps(acme, OrganizationSpec.Payloads.METADATA);
    var action = acted(Plane.LLM, Verdict.PERMIT);

    assertThat(problem(open(action, Part.REQUEST)))
        .hasMessage("The organization keeps metadata only.");
    assertThat(problem(reading.list(operatorOf(acme), action)))
        .hasMessage("The organization keeps metadata only.");
  }

  @Test
  void whatWasKeptBeforeIsReadUntilItsTimeIsOver() {
    var action = acted(Plane.LLM, Verdict.PERMIT);
    keep(action, Part.REQUEST, "application/json", new byte[] {1}, false);
    keeps(acme, OrganizationSpec.Payloads.METADATA);

    assertThat(open(action, Part.REQUEST).toCompletableFuture()).isCompleted();
  }

  @Test
  void whyAHalfIsMissingIsSaidAsFarAsItIsKnown() {
    var refused = acted(Plane.LLM, Verdict.DENY);
    keep(refused, Part.REQUEST, "application/json", new byte[] {1}, false);
    var lost = acted(Plane.LLM, Verdict.PERMIT);
    var toolCall = acted(Plane.TOOL, Verdict.PERMIT);

    assertThat(problem(open(refused, Part.REPLY))).hasMessageContaining("there is no reply");
    assertThat(problem(open(lost, Part.REPLY))).hasMessageContaining("payload-not-kept");
    assertThat(problem(open(toolCall, Part.REPLY)))
        .hasMessageContaining("the reply that proposed it");
  }

  @Test
  void noMoreAreReadAtATimeThanThereArePlaces() {
    var action = acted(Plane.LLM, Verdict.PERMIT);
    keep(action, Part.REQUEST, "application/json", new byte[] {1}, false);
    var first = join(open(action, Part.REQUEST));

    var second = problem(open(action, Part.REQUEST));
    first.place().giveBack();
    first.place().giveBack();
    var third = join(open(action, Part.REQUEST));
    var fourth = problem(open(action, Part.REQUEST));

    assertThat(second.type()).isEqualTo(ErrorType.RATE_LIMITED);
    assertThat(third.payload().action()).isEqualTo(action);
    assertThat(fourth.type()).as("it was given back once").isEqualTo(ErrorType.RATE_LIMITED);
  }
}
