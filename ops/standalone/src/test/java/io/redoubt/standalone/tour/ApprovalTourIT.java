package io.redoubt.standalone.tour;

import static io.redoubt.standalone.tour.ApprovalStage.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tour of somebody who approves what agents want to do, with the command line and in Slack: in
 * peace, asleep, with the control plane gone, and after everything died. The chapters build on each
 * other.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ApprovalTourIT {
  /** Longer than any chapter takes. */
  private static final int PATIENT = 60;

  private static final String APPROVE = "redoubt_approve";
  private static final String DENY = "redoubt_deny";
  private static final String ASKED = "Approval needed";
  private static final String USED = "Approved and used";

  @TempDir static Path directory;

  private ApprovalStage stage;

  /** Asked for before the control plane goes: decided when it is back, and while it is gone. */
  private String roof = "";

  private String bread = "";

  /** An operation that is asked for then, too. */
  private String lights = "";

  @BeforeAll
  void prepare() throws IOException {
    stage = new ApprovalStage(directory);
  }

  @AfterAll
  void goDown() {
    stage.close();
  }

  @AfterEach
  void nothingWasSaidThatSlackWouldNotTake() {
    assertThat(stage.slack.complaints()).isEmpty();
  }

  @Test
  @Order(1)
  void aRiskyCallInAStreamIsHeldAndGoesOutByteForByteOnceItIsApproved() throws Exception {
    try (var watch = stage.watch("approved")) {
      var reply = stage.opened("transfer", "the rent", PATIENT);
      String approval = watch.awaitOne("the rent");
      var message = stage.inSlack(approval, ASKED);

      var shown = stage.done("approvals", "show", approval).out();
      assertThat(shown).contains("transfer", "tool:call", "amount", "the rent");
      assertThat(reply.text()).as("held").isNotDone();
      var said = stage.done("approvals", "approve", approval, "--reason", "it is due");

      assertThat(said.out()).contains(approval);
      assertThat(reply.withoutPings()).isEqualTo(stage.model.said("the rent"));
      watch.awaitLine(approval, "consumed 1");
      assertThat(stage.shown(approval).at("/votes/0/reason").asText()).isEqualTo("it is due");
      var after = stage.inSlack(approval, USED);
      assertThat(after.ts()).as("in place").isEqualTo(message.ts());
      assertThat(after.hasButtons()).isFalse();
      stage.awaitRecorded(
          approval,
          "approval:asked",
          "approval:notified",
          "approval:seen",
          "approval:voted",
          "approval:granted",
          "approval:used");
    }
  }

  @Test
  @Order(2)
  void pressedInSlackTheReplyGoesOnToo() throws Exception {
    try (var watch = stage.watch("pressed")) {
      var reply = stage.opened("transfer", "the doctor", PATIENT);
      String approval = watch.awaitOne("the doctor");
      var message = stage.inSlack(approval, ASKED);
      assertThat(message.words()).contains("trader", "tool:call", "7000", "the doctor");
      assertThat(reply.text()).as("held").isNotDone();

      assertThat(stage.press(message, APPROVE).statusCode()).isEqualTo(200);

      assertThat(reply.withoutPings()).isEqualTo(stage.model.said("the doctor"));
      watch.awaitLine(approval, "consumed 1");
      var after = stage.inSlack(approval, USED);
      assertThat(after.ts()).as("in place").isEqualTo(message.ts());
      assertThat(after.words()).contains("Ada Approver approved through slack");
      assertThat(after.hasButtons()).isFalse();
      assertThat(stage.shown(approval).at("/votes/0/through").asText()).isEqualTo("slack");
    }
  }

  @Test
  @Order(3)
  void deniedItIsReplacedByAnExplanation() throws Exception {
    var reply = stage.opened("transfer", "a yacht", PATIENT);
    String approval = stage.pending("a yacht");

    stage.done("approvals", "deny", approval, "--reason", "not on a Friday");

    assertThat(reply.whole())
        .contains("dépêche-toi", "Redoubt", approval, "end_turn", "event: message_stop")
        .doesNotContain("tool_use", "amount", "not on a Friday");
    assertThat(stage.shown(approval).path("status").asText()).isEqualTo("denied");
    assertThat(stage.product.type("approvals", "approve", approval).code())
        .as("nobody decides it again")
        .isEqualTo(1);
    stage.awaitRecorded(approval, "approval:denied", "approval:refused");
  }

  @Test
  @Order(4)
  void deniedInSlackItIsAskedWhy() throws Exception {
    var reply = stage.opened("transfer", "an island", PATIENT);
    String approval = stage.pending("an island");
    var message = stage.inSlack(approval, ASKED);

    var pressed =
        stage.slack.press(message, DENY, ApprovalStage.APPROVER).to(stage.atControlPlane());
    assertThat(pressed.statusCode()).as(pressed.body()).isEqualTo(200);
    var form =
        await("the form")
            .atMost(SOON)
            .until(
                () ->
                    stage.slack.forms().stream()
                        .filter(it -> it.path("private_metadata").asText().equals(approval))
                        .toList(),
                forms -> forms.size() == 1)
            .getFirst();
    assertThat(reply.text()).as("held").isNotDone();
    var sent =
        stage.slack.submit(form, "we have one", ApprovalStage.APPROVER).to(stage.atEnclave());

    assertThat(sent.statusCode()).as(sent.body()).isEqualTo(200);
    assertThat(reply.whole())
        .contains("dépêche-toi", approval, "end_turn")
        .doesNotContain("tool_use", "amount", "we have one");
    var after = stage.inSlack(approval, "Denied");
    assertThat(after.words()).contains("Ada Approver denied through slack: we have one");
    assertThat(after.hasButtons()).isFalse();
    assertThat(stage.shown(approval).at("/votes/0/reason").asText()).isEqualTo("we have one");
    stage.awaitRecorded(approval, "approval:seen", "approval:voted", "approval:denied");
  }

  @Test
  @Order(5)
  void anOperationOfAConnectorIsApprovedInSlackAndDoneOnce() throws Exception {
    assertThat(stage.executed("count", "").status()).as("reads are permitted").isEqualTo(200);
    var asked = stage.executed("file", "the printer");
    assertThat(asked.status()).as(asked.body()).isEqualTo(202);
    String approval = asked.json().path("approval_id").asText();
    var message = stage.inSlack(approval, ASKED);
    assertThat(message.words()).contains("tickets/file", "connector:write", "the printer");
    var waits = stage.filing("the printer");
    assertThat(stage.tickets.filed()).isEmpty();

    assertThat(stage.press(message, APPROVE).statusCode()).isEqualTo(200);

    assertThat(waits.join().status()).as(waits.join().body()).isEqualTo(200);
    assertThat(waits.join().json().at("/result/body/count").asInt()).isEqualTo(1);
    assertThat(stage.tickets.filed()).containsExactly("the printer");
    assertThat(stage.inSlack(approval, USED).hasButtons()).isFalse();
    var again = stage.executed("file", "the printer");
    assertThat(again.status()).as("once more it has to be asked anew").isEqualTo(202);
    assertThat(again.json().path("approval_id").asText()).isNotEqualTo(approval);
    stage.awaitRecorded(approval, "connector:write", "approval:granted", "approval:used");
  }

  @Test
  @Order(6)
  void anOperationIsDoneAsWhoeverApprovesHasChangedIt() throws Exception {
    var waits = stage.filing("ten chairs");
    String approval = stage.pending("ten chairs");
    stage.inSlack(approval, ASKED);
    var changed = directory.resolve("changed.json");
    Files.writeString(
        changed,
        stage.shown(approval).path("arguments").toString().replace("ten chairs", "two chairs"));

    stage.done("approvals", "approve", approval, "--edit", changed.toString());

    var answer = waits.join();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().at("/edited/arguments").toString()).contains("two chairs");
    assertThat(stage.tickets.filed()).containsExactly("the printer", "two chairs");
    String instead = answer.json().at("/edited/approval_id").asText();
    var told = stage.inSlack(approval, "Changed");
    assertThat(told.hasButtons()).isFalse();
    assertThat(told.words()).contains("In its place " + instead, "/parameters/");
    assertThat(stage.inSlack(instead, USED).words()).contains("In the place of " + approval);
    stage.awaitRecorded(approval, "approval:edited");
    stage.awaitRecorded(instead, "approval:asked", "approval:granted", "approval:used");
  }

  @Test
  @Order(7)
  void withEverybodyAsleepItGoesFromTierToTierAndThenNowhere() throws Exception {
    try (var watch = stage.watch("asleep")) {
      var reply = stage.opened("wipe", "the disk", PATIENT);
      String approval = watch.awaitOne("the disk");
      var message = stage.inSlack(approval, ASKED);

      assertThat(reply.whole()).contains(approval).doesNotContain("tool_use", "amount");
      watch.awaitLine(approval, "expired 2");
      assertThat(watch.allOf(approval)).containsExactly("pending 1", "pending 2", "expired 2");
      assertThat(stage.inSlack(approval, "Expired").hasButtons()).isFalse();
      await("its history")
          .atMost(SOON)
          .until(
              () -> stage.slack.thread(message.ts()).toString().matches("(?s).*tier 2.*Expired.*"));

      assertThat(stage.press(message, APPROVE).statusCode()).as("too late").isEqualTo(200);
      await("told so")
          .atMost(SOON)
          .until(() ->
              stage
                  .slack
                  .whispersTo(ApprovalStage.APPROVER)
                  .toString()
                  .contains("expired already"));
      assertThat(stage.shown(approval).path("status").asText()).isEqualTo("expired");
      stage.awaitRecorded(
          approval, "approval:asked", "approval:escalated", "approval:expired", "callback:refused");
    }
  }

  @Test
  @Order(8)
  void withTheControlPlaneGoneItIsApprovedAtTheEnclave() throws Exception {
    assertThat(stage.opened("transfer", "a new roof", 1).whole()).contains("pending");
    roof = stage.pending("a new roof");
    stage.inSlack(roof, ASKED);
    var reply = stage.opened("transfer", "water and bread", PATIENT);
    bread = stage.pending("water and bread");
    var message = stage.inSlack(bread, ASKED);

    stage.product.killServers();
    assertThat(stage.product.type("approvals", "list").code()).as("nobody is there").isEqualTo(5);
    assertThat(stage.press(message, APPROVE).statusCode()).as("nobody hears it").isEqualTo(503);
    assertThat(reply.text()).as("held").isNotDone();
    try (var watch = stage.watch("away", "--at-enclave")) {
      assertThat(watch.awaitOne("water and bread")).isEqualTo(bread);
      stage.done("approvals", "approve", bread, "--at-enclave", "--reason", "we must eat");

      assertThat(reply.withoutPings()).isEqualTo(stage.model.said("water and bread"));
      watch.awaitLine(bread, "consumed 1");
    }
    var heating = stage.filing("the heating");
    String cold = stage.pendingAtEnclave("the heating");
    stage.done("approvals", "approve", cold, "--at-enclave", "--reason", "it is cold");
    assertThat(heating.join().status()).as(heating.join().body()).isEqualTo(200);
    assertThat(stage.executed("file", "the lights").status()).isEqualTo(202);
    lights = stage.pendingAtEnclave("the lights");
    var impatient = stage.opened("transfer", "the winter", 1);
    String later = stage.pendingAtEnclave("the winter");
    assertThat(impatient.whole()).contains(later, "pending").doesNotContain("tool_use");
  }

  @Test
  @Order(9)
  void afterEverythingDiedAllOfItIsThereAndWhatWaitedPassesOnce() throws Exception {
    stage.product.killEverything();
    stage.up();
    stage.agentReturns();

    String winter = stage.pending("the winter");
    assertThat(stage.done("approvals", "list", "--status", "all").out())
        .contains("consumed", "denied", "expired", winter);
    stage.done("approvals", "approve", winter, "--reason", "it is cold");
    stage.done("approvals", "approve", lights, "--reason", "it is dark");

    assertThat(stage.opened("transfer", "the winter", 1).withoutPings())
        .isEqualTo(stage.model.said("the winter"));
    assertThat(stage.opened("transfer", "the winter", 1).whole())
        .as("once more it has to be asked anew")
        .doesNotContain("tool_use", winter);
    var lit = stage.executed("file", "the lights");
    assertThat(lit.status()).as(lit.body()).isEqualTo(200);
    assertThat(stage.executed("file", "the lights").status()).isEqualTo(202);
    assertThat(stage.tickets.filed())
        .containsExactly("the printer", "two chairs", "the heating", "the lights");
    assertThat(stage.secretsFound()).isEmpty();
  }

  @Test
  @Order(10)
  void inSlackItGoesOnWhereItWas() throws Exception {
    assertThat(stage.inSlack(bread, USED).hasButtons()).as("decided elsewhere").isFalse();
    var message = stage.inSlack(roof, ASKED);

    assertThat(stage.press(message, APPROVE).statusCode()).isEqualTo(200);

    stage.inSlack(roof, "Approved");
    assertThat(stage.opened("transfer", "a new roof", 1).withoutPings())
        .isEqualTo(stage.model.said("a new roof"));
    assertThat(stage.inSlack(roof, USED).ts()).as("in place").isEqualTo(message.ts());
    assertThat(stage.opened("transfer", "a new roof", 1).whole())
        .as("once more it has to be asked anew")
        .doesNotContain("tool_use", roof);
  }
}
