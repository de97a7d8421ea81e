package io.redoubt.enclave.approval;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.Http;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.token.SecretKeyText;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who has a vote, as whom, and for how long it counts. */
class ApproversTest extends AskingEnclave {
  @Test
  void whoIsInTheGroupAtThatMomentHasAVote() {
    var own = asking(people("group:sre"));
    var caller = callerOf(own);
    String approval = asked(caller);
    awaitSeen(approval, ApprovalStatus.PENDING);

    assertThat(says(own, approval, "mem_other").outcome()).isEqualTo(LinkReport.Hearing.NOT_ASKED);
    publish(own, 3, List.of("mem_other"), people("group:sre"));
    assertThat(says(own, approval, "mem_sre").outcome())
        .as("no longer in it")
        .isEqualTo(LinkReport.Hearing.NOT_ASKED);
    assertThat(says(own, approval, "mem_other").outcome()).isEqualTo(LinkReport.Hearing.HEARD);

    assertThat(caller.call().status()).isEqualTo(200);
    var refused =
        fixture.controlPlane.awaitAudit(
            own,
            record ->
                approval.equals(record.approvalId())
                    && record.operation().equals("approval:refused"));
    assertThat(refused.actor()).isEqualTo("mem_other");
    assertThat(refused.detail()).contains("not among those who are asked");
  }

  @Test
  void whoeverApprovesAtTheEnclaveHasAuthenticatedLatelyWhereThatIsAsked() {
    var own = asking(people().steppingUp(60, null));
    var caller = callerOf(own);
    String approval = asked(caller);
    var path = at("/" + approval + "/decision");
    var approve = Map.of("decision", "approve");

    for (var age : List.of(Optional.<Duration>empty(), Optional.of(Duration.ofSeconds(75)))) {
      var challenged =
          Http.post(
              path,
              approve,
              "Authorization",
              "Bearer "
                  + fixture.controlPlane.operatorToken(own, age.orElse(null), "approvals:decide"));
      api.describes(challenged);
      assertThat(challenged.status()).as(challenged.body()).isEqualTo(401);
      assertThat(challenged.problem()).isEqualTo("step-up-needed");
      assertThat(challenged.header("www-authenticate"))
          .contains("error=\"insufficient_user_authentication\"", "max_age=\"60\"");
    }
    assertThat(says(own, approval, "mem_slow").outcome()).isEqualTo(LinkReport.Hearing.NOT_FRESH);
    var approved =
        Http.post(
            path,
            approve,
            "Authorization",
            "Bearer "
                + fixture.controlPlane.operatorToken(
                    own, Duration.ofSeconds(5), "approvals:decide"));
    api.describes(approved);
    assertThat(approved.status()).as(approved.body()).isEqualTo(200);
    assertThat(approved.json().at("/votes/0/authentication_age").asInt()).isBetween(5, 30);
    assertThat(caller.call().status()).isEqualTo(200);
  }

  /** Whichever way somebody comes, they are one person, and asked as that person. */
  @Test
  void whoHasABreakGlassClientVotesAsThemselvesAndOnce() {
    var own =
        asking(
            new ApprovalTier(
                ApprovalTier.Kind.HUMAN,
                List.of("mem_glass", "mem_sre"),
                2,
                600,
                ApprovalTier.OnTimeout.DENY,
                true,
                false));
    var client = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
    fixture.trust(own, client, Set.of("approvals:read", "approvals:decide"), "mem_glass");
    String approval = asked(callerOf(own));
    String token = fixture.token(client.owner(), client.reveal()).text("access_token");

    var first = decideWith(token, approval);
    var second = decideWith(token, approval);
    var relayed = says(own, approval, "mem_glass");

    for (Answer answer : List.of(first, second)) {
      api.describes(answer);
      assertThat(answer.status()).as(answer.body()).isEqualTo(200);
      assertThat(answer.text("status")).isEqualTo("pending");
      assertThat(answer.json().path("votes")).hasSize(1);
      assertThat(answer.json().at("/votes/0/by").asText()).isEqualTo("mem_glass");
    }
    assertThat(statusAfter(relayed)).isEqualTo(ApprovalStatus.PENDING);
    assertThat(statusAfter(says(own, approval, "mem_sre"))).isEqualTo(ApprovalStatus.APPROVED);
  }

  /** Let in while they might decide, they would otherwise have as long as a body may take. */
  @Test
  void whoLosesTheirClientWhileTheySendTheirDecisionHasNoVote() {
    var own = asking(people());
    var client = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
    fixture.trust(own, client, Set.of("approvals:read", "approvals:decide"), "mem_glass");
    String token = fixture.token(client.owner(), client.reveal()).text("access_token");
    var caller = callerOf(own);
    String approval = asked(caller);

    var late =
        Http.postAfter(
            () -> takeClientAway(own),
            at("/" + approval + "/decision"),
            Map.of("decision", "approve"),
            "Authorization",
            "Bearer " + token);

    assertThat(late.status()).isEqualTo(401);
    assertThat(show(own, approval).text("status")).isEqualTo("pending");
    assertThat(caller.call().status()).isEqualTo(403);
  }

  /** They have another from now on. */
  private void takeClientAway(OrganizationId own) {
    fixture.trust(
        own,
        SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK)),
        Set.of("approvals:decide"),
        "mem_glass");
  }

  /** While the control plane was away, nobody could tell the enclave that the client was gone. */
  @Test
  void whatWasApprovedAtTheEnclaveByWhoHasLostTheirClientCountsNoMore() {
    var own = asking(people());
    var client = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
    fixture.trust(own, client, Set.of("approvals:read", "approvals:decide"), "mem_glass");
    String token = fixture.token(client.owner(), client.reveal()).text("access_token");
    var caller = callerOf(own);
    String granted = asked(caller);
    assertThat(decideWith(token, granted).text("status")).isEqualTo("approved");
    String denied = asked(callerOf(own));
    var denial =
        Http.post(
            at("/" + denied + "/decision"),
            Map.of("decision", "deny", "reason", "no"),
            "Authorization",
            "Bearer " + token);
    assertThat(denial.text("status")).isEqualTo("denied");
    var another = callerOf(own);
    String relayed = asked(another);
    assertThat(says(own, relayed, "mem_glass").outcome()).isEqualTo(LinkReport.Hearing.HEARD);
    awaitSeen(granted, ApprovalStatus.APPROVED);

    takeClientAway(own);

    assertThat(statusIn(own, granted)).isEqualTo("cancelled");
    assertThat(statusIn(own, denied)).isEqualTo("denied");
    assertThat(statusIn(own, relayed)).as("said elsewhere").isEqualTo("approved");
    assertThat(asked(caller)).isNotEqualTo(granted);
    assertThat(another.call().status()).isEqualTo(200);
    var record =
        fixture.controlPlane.awaitAudit(
            own,
            it -> granted.equals(it.approvalId()) && it.operation().equals("approval:cancelled"));
    assertThat(record.detail()).contains("a client of somebody who approved it at the enclave");
  }

  /** Who came with a token of the control plane, and is told to be gone. */
  @Test
  void whatAMemberApprovedAtTheEnclaveWhoIsGoneCountsNoMore() {
    assertCountsNoMoreAfter(Set.of());
  }

  /** Their token said that they may, for as long as it was good. */
  @Test
  void whatAMemberApprovedAtTheEnclaveWhoMayNotDecideAnyMoreCountsNoMore() {
    assertCountsNoMoreAfter(Set.of("agents:read"));
  }

  private void assertCountsNoMoreAfter(Set<String> left) {
    var own = asking(people());
    String approval = asked(callerOf(own));
    var approved =
        Http.post(
            at("/" + approval + "/decision"),
            Map.of("decision", "approve"),
            operator(own, "approvals:decide"));
    assertThat(approved.text("status")).isEqualTo("approved");
    awaitSeen(approval, ApprovalStatus.APPROVED);
    var others = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
    var now = CLOCK.instant();

    fixture.trust(
        own,
        others,
        Set.of("approvals:read"),
        List.of(
            new LinkCommand.Withdrawal("cli_2", Set.of("approvals:decide"), now, "mem_1"),
            new LinkCommand.Withdrawal("cli_3", left, now, "mem_2")),
        null);
    assertThat(statusIn(own, approval)).as("they may do less, not this").isEqualTo("approved");
    fixture.trust(
        own,
        others,
        Set.of("approvals:read"),
        List.of(new LinkCommand.Withdrawal("cli_1", left, now, "mem_1")),
        null);

    String reader = fixture.token(others.owner(), others.reveal()).text("access_token");
    assertThat(Http.get(at("/" + approval), "Authorization", "Bearer " + reader).text("status"))
        .isEqualTo("cancelled");
  }

  private String statusIn(OrganizationId own, String approval) {
    return show(own, approval).text("status");
  }

  private static ApprovalStatus statusAfter(LinkReport.ApprovalVoted answer) {
    return Objects.requireNonNull(answer.approval()).status();
  }

  private Answer decideWith(String token, String approval) {
    return Http.post(
        at("/" + approval + "/decision"),
        Map.of("decision", "approve"),
        "Authorization",
        "Bearer " + token);
  }
}
