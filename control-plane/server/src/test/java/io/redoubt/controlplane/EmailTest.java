package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mails about requests for approval, to a stand-in for a mail server over real sockets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmailTest {
  private static final String EMAIL = "/api/v1/channels/email";
  private static final String DUTY = "duty@stand-in.example";
  private static final String ADA = "ada@stand-in.example";

  private final Path directory = directory();

  @AutoClose
  private final SmtpStandIn smtp =
      new SmtpStandIn(SmtpStandIn.Mode.STARTTLS, directory, "localhost");

  @AutoClose private final TestServer server = new TestServer(settings(smtp));
  private Asking asking;
  private Tenant tenant;

  private static Path directory() {
    try {
      return Files.createTempDirectory("redoubt-mail");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String settings(SmtpStandIn smtp) {
    return SlackTest.SETTINGS.replace("\"127.0.0.1\"", "\"127.0.0.1\", \"localhost\"")
        + "\nredoubt.control-plane.channels.mail.ca-file = \""
        + smtp.authority()
        + "\"\n";
  }

  private static String form(SmtpStandIn smtp, String security) {
    return """
    {"host": "localhost", "port": %d, "security": "%s", "username": "%s", "password": "%s",
     "from": "redoubt@stand-in.example", "to": ["%s"]}
    """
        .formatted(smtp.port(), security, SmtpStandIn.USER, SmtpStandIn.PASSWORD, DUTY);
  }

  @BeforeAll
  void start() {
    asking = Asking.of(server);
    tenant = asking.tenant();
    member("Ada Approver", ADA, "approver");
    member("Vic Viewer", "vic@stand-in.example", "viewer");
    var put = tenant.owner().put(EMAIL, form(smtp, "starttls"));
    assertThat(put.status()).as(put.text()).isEqualTo(201);
  }

  @AfterAll
  void tidy() throws IOException {
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @AfterEach
  void nothingWasSaidThatAMailServerWouldNotTake() {
    assertThat(smtp.complaints()).isEmpty();
  }

  private String member(String name, String email, String role) {
    var reply =
        tenant
            .owner()
            .post(
                "/api/v1/iam/members",
                "{\"name\": \"%s\", \"email\": \"%s\", \"roles\": [\"%s\"]}"
                    .formatted(name, email, role));
    assertThat(reply.status()).as(reply.text()).isEqualTo(201);
    return Objects.requireNonNull(reply.text("/id"));
  }

  private static List<SmtpStandIn.Taken> mails(SmtpStandIn smtp, ApprovalView view, int many) {
    return await()
        .until(() -> smtp.takenAbout(view.id().toString()), found -> found.size() >= many);
  }

  private List<SmtpStandIn.Taken> mails(ApprovalView view, int many) {
    return mails(smtp, view, many);
  }

  private void awaitNothingWaits() {
    await().until(() -> tenant.owner().get(EMAIL).at("/waiting").asInt() == 0);
  }

  @Test
  void whyItIsAskedAboutAndWhatIsWithheldIsSaid() {
    var why = asking.asksBecause("off-intent 30", "pii:email");
    var withheld = asking.asksWithheld();

    assertThat(mails(why, 1).getFirst().text())
        .contains("Risk: 35 of 100: off-intent 30", "Found in it: pii:email");
    // Quoted-printable breaks lines where they get too long.
    assertThat(mails(withheld, 1).getFirst().text().replaceAll("=\\R", ""))
        .contains("too large to show here")
        .contains("redoubt approvals show " + withheld.id() + " --at-enclave");
    awaitNothingWaits();
  }

  @Test
  void whoMayDecideAndWhoIsOnDutyAreToldEachByAMailOfTheirOwn() {
    var view =
        asking.asks(
            """
            {"note": "ask jane.doe@example.com", "api_key": "q8Zr1vN0xT4mB7kLp2Ws9YdE",
             "amount": 100000}
            """);

    var mails = mails(view, 2);
    awaitNothingWaits();

    assertThat(smtp.takenAbout(view.id().toString())).hasSize(2);
    assertThat(mails).extracting(SmtpStandIn.Taken::to).containsExactlyInAnyOrder(DUTY, ADA);
    assertThat(mails).extracting(SmtpStandIn.Taken::from).containsOnly("redoubt@stand-in.example");
    for (var mail : mails) {
      assertThat(mail.header("To")).isEqualTo(mail.to());
      assertThat(mail.header("Auto-Submitted")).isEqualTo("auto-generated");
      assertThat(mail.header("Message-ID")).startsWith("<" + view.id());
      assertThat(mail.header("Content-Type")).startsWith("text/plain");
      assertThat(mail.text())
          .contains("ask-for-transfers", "35 of 100", "100000", "[REDACTED:email]")
          .contains("redoubt approvals approve " + view.id())
          .doesNotContain("jane.doe@example.com", "q8Zr1vN0xT4mB7kLp2Ws9YdE");
    }
    assertThat(
            tenant.audit("&operation=approval:notified").stream()
                .filter(it -> it.path("approval_id").asText().equals(view.id().toString()))
                .map(it -> it.path("resource").asText()))
        .containsExactlyInAnyOrder("email/" + DUTY, "email/" + ADA);
  }

  @Test
  void nothingAnAgentSaysBecomesAHeader() {
    var view = asking.asks("{\"note\": \"x\\r\\nBcc: eve@evil.example\\r\\n.\\r\\nQUIT\"}");
    var evil =
        Asking.named(
            view, "pay\r\nBcc: eve@evil.example\r\n\r\nhello \u202e ünï " + "x".repeat(400));
    asking.report(evil);

    var mails = mails(view, 2);

    for (var mail : mails) {
      assertThat(mail.head().lines())
          .noneMatch(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("bcc"));
      assertThat(mail.header("Subject")).isNotEmpty();
      assertThat(List.of(DUTY, ADA)).contains(mail.to());
    }
    assertThat(smtp.takenAbout("eve@evil.example"))
        .extracting(SmtpStandIn.Taken::to)
        .doesNotContain("eve@evil.example");
  }

  @Test
  void votesMakeNoMailAndTheEndMakesOne() {
    var view = asking.asks("{}");
    mails(view, 2);
    var vote = Asking.vote(view, "mbr_1", ApprovalView.Decision.APPROVE);
    var voted = Asking.later(view, ApprovalStatus.PENDING, 1, List.of(vote));
    asking.report(voted);
    awaitNothingWaits();
    assertThat(smtp.takenAbout(view.id().toString())).hasSize(2);

    var approved = Asking.later(voted, ApprovalStatus.APPROVED, 1, List.of(vote));
    asking.report(approved);
    var all = mails(view, 4);
    asking.report(Asking.later(approved, ApprovalStatus.CONSUMED, 1, List.of(vote)));
    awaitNothingWaits();

    assertThat(smtp.takenAbout(view.id().toString())).hasSize(4);
    assertThat(all.getLast().header("Subject")).startsWith("Approved:");
    assertThat(all.getLast().header("References")).isEqualTo(all.getFirst().header("References"));
    assertThat(all.getLast().header("Message-ID"))
        .isNotEqualTo(all.getFirst().header("Message-ID"));
  }

  @Test
  void whomTheNextTierAsksIsTold() {
    var view = asking.asks("{}");
    mails(view, 2);

    // The workflow that nobody has defined has one tier, so only who is on duty hears of a second.
    asking.report(Asking.later(view, ApprovalStatus.PENDING, 2, List.of()));

    var mails = mails(view, 3);
    awaitNothingWaits();
    assertThat(smtp.takenAbout(view.id().toString())).hasSize(3);
    assertThat(mails.getLast().to()).isEqualTo(DUTY);
    assertThat(mails.getLast().text()).contains("tier 2");
  }

  @Test
  void aMailboxThatIsFullGetsItsMailLaterAndTheOthersGetOne() {
    smtp.answer(ADA, "450 4.2.1 try again later");
    var view = asking.asks("{}");
    await().until(() -> tenant.owner().get(EMAIL).text("/problem").equals("mailboxes are busy"));
    assertThat(mails(view, 1)).extracting(SmtpStandIn.Taken::to).containsOnly(DUTY);

    smtp.answer(ADA, null);

    assertThat(mails(view, 2))
        .extracting(SmtpStandIn.Taken::to)
        .containsExactlyInAnyOrder(DUTY, ADA);
    awaitNothingWaits();
    assertThat(smtp.takenAbout(view.id().toString())).hasSize(2);
  }

  @Test
  void whoComesAfterAFullMailboxIsToldAllTheSame() {
    smtp.answer(DUTY, "452 4.2.2 mailbox full");
    try {
      var view = asking.asks("{}");

      assertThat(mails(view, 1)).extracting(SmtpStandIn.Taken::to).containsOnly(ADA);
      smtp.answer(DUTY, null);

      assertThat(mails(view, 2))
          .extracting(SmtpStandIn.Taken::to)
          .containsExactlyInAnyOrder(DUTY, ADA);
      awaitNothingWaits();
    } finally {
      smtp.answer(DUTY, null);
    }
  }

  /** Kept until it ends, it would be kept in the memory that all organizations share. */
  @Test
  void aServerThatGreetsForEverIsHungUpOn() {
    smtp.answer("greeting", SmtpStandIn.ENDLESS);
    try {
      var view = asking.asks("{}");
      await().until(() -> !tenant.owner().get(EMAIL).at("/problem").isNull());

      assertThat(tenant.owner().get(EMAIL).text("/problem")).isNotEqualTo("no answer in time");
      assertThat(smtp.said()).isLessThan(64L << 20);
      smtp.answer("greeting", null);
      mails(view, 2);
    } finally {
      smtp.answer("greeting", null);
    }
  }

  @Test
  void aMailboxThatThereIsNotIsOnRecordAndTheOthersAreTold() {
    smtp.answer(ADA, "550 5.1.1 nobody here");
    try {
      var view = asking.asks("{}");
      awaitNothingWaits();

      assertThat(mails(view, 1)).extracting(SmtpStandIn.Taken::to).containsOnly(DUTY);
      var audit = tenant.lastAudit("notice:undeliverable");
      assertThat(audit.path("approval_id").asText()).isEqualTo(view.id().toString());
      assertThat(audit.path("detail").asText()).isEqualTo(ADA + ": code 550");
    } finally {
      smtp.answer(ADA, null);
    }
  }

  @Test
  void whatNobodyTakesIsDead() {
    smtp.answer("data", "554 5.7.1 no such words here");
    try {
      var view = asking.asks("{}");

      await()
          .until(() ->
              tenant.audit("&operation=notice:dead").stream()
                  .anyMatch(it -> it.path("approval_id").asText().equals(view.id().toString())));
      assertThat(smtp.takenAbout(view.id().toString())).isEmpty();
    } finally {
      smtp.answer("data", null);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "greeting=421 4.3.2 not now",
        "greeting=554 not you",
        "EHLO=421 not now",
        "MAIL=550 not from you",
        "MAIL=451 later",
        "AUTH=454 later",
        "AUTH=535 nobody",
        "data=452 later"
      })
  void whatTimeOrAnOperatorMayEndIsTriedAgain(String answer) {
    int equals = answer.indexOf('=');
    String to = answer.substring(0, equals);
    smtp.answer(to, answer.substring(equals + 1));
    var view = asking.asks("{}");
    await().until(() -> !tenant.owner().get(EMAIL).at("/problem").isNull());
    assertThat(smtp.takenAbout(view.id().toString())).isEmpty();

    smtp.answer(to, null);

    mails(view, 2);
    awaitNothingWaits();
    assertThat(smtp.takenAbout(view.id().toString())).hasSize(2);
  }

  @Test
  void aServerThatSaysNothingHoldsUpNothingForLong() {
    smtp.hang(true);
    var view = asking.asks("{}");
    await().until(() -> tenant.owner().get(EMAIL).text("/problem").equals("no answer in time"));

    smtp.hang(false);

    mails(view, 2);
  }

  @Test
  void withoutTlsNothingIsSaid() {
    smtp.offerTls(false);
    var view = asking.asks("{}");
    await().until(() -> !tenant.owner().get(EMAIL).at("/problem").isNull());
    assertThat(smtp.takenAbout(view.id().toString())).isEmpty();

    smtp.offerTls(true);

    mails(view, 2);
  }

  @Test
  void tlsFromTheFirstByteWorksToo() {
    try (var other = new SmtpStandIn(SmtpStandIn.Mode.TLS, directory, "localhost");
        var there = new TestServer(settings(other))) {
      var asks = Asking.of(there);
      assertThat(asks.tenant().owner().put(EMAIL, form(other, "tls")).status()).isEqualTo(201);

      var view = asks.asks("{}");

      mails(other, view, 1);
      assertThat(other.complaints()).isEmpty();
    }
  }

  @Test
  void aCertificateForAnotherNameOrOfNobodyIsNotBelieved() {
    try (var wrongName = new SmtpStandIn(SmtpStandIn.Mode.TLS, directory, "mail.example");
        var there = new TestServer(settings(wrongName))) {
      var asks = Asking.of(there);
      assertThat(asks.tenant().owner().put(EMAIL, form(wrongName, "tls")).status()).isEqualTo(201);
      var view = asks.asks("{}");
      await().until(() -> !asks.tenant().owner().get(EMAIL).at("/problem").isNull());
      assertThat(wrongName.takenAbout(view.id().toString())).isEmpty();

      try (var unknown = new SmtpStandIn(SmtpStandIn.Mode.TLS, directory, "localhost")) {
        assertThat(asks.tenant().owner().put(EMAIL, form(unknown, "tls")).status()).isEqualTo(200);
        await().until(() -> unknown.sessions() > 0);
        await().until(() -> !asks.tenant().owner().get(EMAIL).at("/problem").isNull());
        assertThat(unknown.takenAbout(view.id().toString())).isEmpty();
      }
    }
  }

  @Test
  void onThisMachineAPlainServerWithoutAPasswordWillDo() {
    try (var plain = new SmtpStandIn(SmtpStandIn.Mode.PLAIN, directory, "plain");
        var there = new TestServer(settings(plain))) {
      var asks = Asking.of(there);
      ObjectNode form = read(form(plain, "none"));
      form.remove(List.of("username", "password"));
      form.put("approvers", false);
      var put = asks.tenant().owner().put(EMAIL, form.toString());
      assertThat(put.status()).as(put.text()).isEqualTo(201);

      var view = asks.asks("{}");

      assertThat(mails(plain, view, 1)).extracting(SmtpStandIn.Taken::to).containsExactly(DUTY);
      assertThat(plain.complaints()).isEmpty();
    }
  }

  private static ObjectNode read(String json) {
    try {
      return (ObjectNode) Json.LENIENT.readTree(json);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Test
  void aHostThatIsNotPublicIsNotSpokenTo() {
    try (var careful = new TestServer(SlackTest.SETTINGS.replace("\"127.0.0.1\"", ""))) {
      var asks = Asking.of(careful);
      int before = smtp.sessions();
      assertThat(asks.tenant().owner().put(EMAIL, form(smtp, "starttls")).status()).isEqualTo(201);

      asks.asks("{}");

      await()
          .until(() ->
              asks.tenant()
                  .owner()
                  .get(EMAIL)
                  .text("/problem")
                  .equals("the host has a private address"));
      assertThat(smtp.sessions()).isEqualTo(before);
    }
  }

  @Test
  void thePasswordIsNeverShownAndSealedAtRest() {
    var shown = tenant.owner().get(EMAIL);

    assertThat(shown.status()).isEqualTo(200);
    assertThat(shown.text("/settings/from")).isEqualTo("redoubt@stand-in.example");
    assertThat(shown.text()).doesNotContain(SmtpStandIn.PASSWORD);
    assertThat(
            server.count(
                tenant.id(),
                "SELECT count(*) FROM control.channel WHERE position('stand-in pass' IN"
                    + " encode(sealed, 'escape')) > 0 OR settings::text LIKE '%pass=word%'"))
        .isZero();
    assertThat(tenant.audit("&operation=channel:put").toString())
        .doesNotContain(SmtpStandIn.PASSWORD);
  }

  @Test
  void anothersChannelIsNotThereAndNobodyIsMappedInIt() {
    var other = server.newTenant();

    assertThat(other.owner().get(EMAIL).status()).isEqualTo(404);
    assertThat(other.owner().delete(EMAIL).status()).isEqualTo(404);
    assertThat(tenant.owner().get(EMAIL + "/members").status()).isEqualTo(404);
    assertThat(server.anybody().post("/v1/callbacks/email", "{}").status()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"host\": \"mail example\"}",
        "{\"host\": \"169.254.169.254\"}",
        "{\"port\": 0}",
        "{\"port\": 65536}",
        "{\"security\": \"maybe\"}",
        "{\"host\": \"mail.example.com\", \"security\": \"none\"}",
        "{\"username\": null}",
        "{\"password\": null}",
        "{\"password\": \"line\\r\\nfeed\"}",
        "{\"from\": \"nobody\"}",
        "{\"from\": \"a@example.com\\r\\nBcc: eve@evil.example\"}",
        "{\"to\": [\"a@example.com, b@example.com\"]}",
        "{\"to\": [\"\\\"a b\\\"@example.com\"]}",
        "{\"to\": [null]}",
        "{\"to\": [], \"approvers\": false}",
        "{\"arguments\": \"all\"}"
      })
  void badSettingsAreRefused(String change) throws Exception {
    ObjectNode form = read(form(smtp, "starttls"));
    JsonNode changes = Json.LENIENT.readTree(change);
    form.setAll((ObjectNode) changes);

    assertThat(tenant.owner().put(EMAIL, form.toString()).status()).isEqualTo(422);
  }
}
