package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.list;
import static io.redoubt.cli.FakeServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.cli.api.Query;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ApprovalsCommandsTest extends LoggedIn {
  private static final String ID = "apr_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e";
  private static final String PATH = "/api/v1/approvals";

  private static String approval(String status) {
    return """
    {"id":"%s","status":"%s","agent_id":"agt_1","owner":"mem_1","plane":"tool",
     "operation":"tool:call","within":null,"resource":"transfer",
     "arguments":{"to":"mallory\\u202e","amount":5},"action_digest":"beef",
     "workflow":"default","tier":1,"risk_score":35,"expires_at":"2026-11-20T12:15:00Z",
     "votes":[{"by":"mem_2","through":"enclave","decision":"approve","reason":"looks right",
               "workflow":"default","tier":1,"at":"2026-11-20T12:01:00Z"}]}\
    """
        .formatted(ID, status);
  }

  @Test
  void whatWaitsIsListed() {
    server.on("GET " + PATH, list(approval("pending")));

    assertThat(machine.type("approvals", "list")).isZero();

    assertThat(machine.out()).contains(ID, "transfer", "35");
    assertThat(server.requests().getLast().target()).contains("status=pending");
  }

  @Test
  void oneIsShownWithItsArgumentsAndVotes() {
    server.on("GET " + PATH + "/" + ID, json(200, approval("pending")));

    assertThat(machine.type("approvals", "show", ID)).isZero();

    assertThat(machine.out())
        .contains("approve by mem_2 through enclave", "looks right", "\"amount\" : 5")
        .contains("\"mallory\\u202e\"")
        .as("nothing that a terminal would obey")
        .doesNotContain("\u202e");
    assertThat(machine.type("approvals", "show", "apr_none")).isEqualTo(4);
  }

  @Test
  void whyItIsAskedAboutIsShown() {
    var why = "\"risk_reasons\":[\"off-intent 30\"],\"findings\":[\"pii:email\"],\"votes\":";
    server.on("GET " + PATH + "/" + ID, json(200, approval("pending").replace("\"votes\":", why)));

    assertThat(machine.type("approvals", "show", ID)).isZero();

    assertThat(machine.out()).contains("risk_reasons", "off-intent 30", "findings", "pii:email");
  }

  @Test
  void whatThePolicySaysIsShownOnItsOwnLines() {
    var clause =
        "\"clauses\":[{\"policy\":\"ask\",\"text\":\"forbid (principal,\\n  \\u202eaction);\"}],\"votes\":";
    server.on(
        "GET " + PATH + "/" + ID, json(200, approval("pending").replace("\"votes\":", clause)));

    assertThat(machine.type("approvals", "show", ID)).isZero();

    assertThat(machine.out())
        .contains("// ask%nforbid (principal,%n  \\u202eaction);".formatted())
        .doesNotContain("clauses", "\u202e");
  }

  @Test
  void whatTheSameTurnAskedForIsShownBesideIt() {
    var beside =
        "\"related\":[\"apr_2\"],\"related_calls\":[{\"id\":\"apr_2\",\"status\":\"denied\","
            + "\"operation\":\"tool:call\",\"resource\":\"wipe\"}],\"votes\":";
    server.on(
        "GET " + PATH + "/" + ID, json(200, approval("pending").replace("\"votes\":", beside)));

    assertThat(machine.type("approvals", "show", ID)).isZero();

    assertThat(machine.out()).contains("of the same turn: apr_2  tool:call of wipe is denied");
  }

  @Test
  void whatBecameOfTheSameBeforeIsShown() {
    var earlier =
        "\"earlier_requests\":[{\"id\":\"apr_3\",\"status\":\"denied\","
            + "\"asked_at\":\"2026-01-01T00:00:00Z\"}],\"votes\":";
    server.on(
        "GET " + PATH + "/" + ID, json(200, approval("pending").replace("\"votes\":", earlier)));

    assertThat(machine.type("approvals", "show", ID)).isZero();

    assertThat(machine.out())
        .contains("asked before: apr_3  at 2026-01-01T00:00:00Z is denied")
        .doesNotContain("earlier_requests");
  }

  @Test
  void argumentsThatAreNotToldAreSaidToBeThere() {
    var withheld =
        approval("pending")
            .replaceFirst(
                "\"arguments\":\\{[^}]*\\}", "\"arguments\":null,\"arguments_withheld\":true");
    server.on("GET " + PATH + "/" + ID, json(200, withheld));

    assertThat(machine.type("approvals", "show", ID)).isZero();

    assertThat(machine.out())
        .contains("too large to show here", "redoubt approvals show " + ID + " --at-enclave");
  }

  @Test
  void whatAModelIsAskedIsShownAndSaidToBeAnExcerptWhereItIsOne() {
    var prompt =
        """
        "prompt":{"messages":2,"system":null,"user":"pay","tools":["transfer"],"cut":[],"bytes":9\
        %s},"votes":\
        """;
    var bare = approval("pending").replaceFirst("\"arguments\":\\{[^}]*\\}", "\"arguments\":null");
    server.on(
        "GET " + PATH + "/" + ID, json(200, bare.replace("\"votes\":", prompt.formatted(""))));

    assertThat(machine.type("approvals", "show", ID)).isZero();
    assertThat(machine.out())
        .contains("\"messages\" : 2", "\"user\" : \"pay\"", "This is an excerpt")
        .contains("redoubt approvals show " + ID + " --at-enclave");

    server.on(
        "GET " + PATH + "/" + ID,
        json(200, bare.replace("\"votes\":", prompt.formatted(",\"request\":\"{whole}\""))));

    assertThat(machine.type("approvals", "show", ID)).isZero();
    assertThat(machine.out()).contains("{whole}");
  }

  @Test
  void aModelsWordIsShownAsAModels() {
    var opinion =
        """
        "opinions":[{"opinion":{"by":"model:anthropic/claude","said":"approve","confidence":90,
         "reason":"plainly fine"},"why":"it may not approve","workflow":"default","tier":1,
         "at":"2026-11-20T12:00:30Z"}],"votes":\
        """;
    server.on(
        "GET " + PATH + "/" + ID, json(200, approval("pending").replace("\"votes\":", opinion)));

    assertThat(machine.type("approvals", "show", ID)).isZero();

    assertThat(machine.out())
        .contains(
            "(a model, model:anthropic/claude, tier 1 of default) approve with confidence 90,"
                + " which settled nothing since it may not approve: plainly fine");
  }

  @Test
  void aGroupIsSetListedAndDeleted() {
    var group = "{\"name\":\"sre\",\"members\":[\"mbr_1\",\"cli_2\"],\"version\":1}";
    server.on("PUT /api/v1/groups/sre", json(201, group));
    server.on("GET /api/v1/groups/sre", json(200, group));
    server.on("GET /api/v1/groups", list(group));

    assertThat(machine.type("group", "set", "sre", "mbr_1", "cli_2")).isZero();
    assertThat(server.requests().getLast().body()).isEqualTo("{\"members\":[\"mbr_1\",\"cli_2\"]}");
    assertThat(machine.out()).contains("redoubt policy publish");
    assertThat(machine.type("group", "set", "sre")).as("of nobody").isEqualTo(2);
    assertThat(machine.type("group", "show", "sre")).isZero();
    assertThat(machine.out()).contains("mbr_1");
    assertThat(machine.type("group", "list")).isZero();
    assertThat(machine.out()).contains("sre");
    assertThat(machine.type("group", "delete", "other")).as("there is none").isEqualTo(4);
  }

  /** Refuses the token that was kept, and takes the one that the typed secret was given for. */
  private void asksForAFreshAuthentication() {
    server.on(
        "POST /api/v1/iam/token",
        (exchange, request) ->
            json(
                    200,
                    "{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":900}"
                        .formatted(
                            request.header("Authorization").equals(basic("typed anew"))
                                ? "fresh"
                                : "old"))
                .to(exchange, request));
    server.on(
        "POST " + PATH + "/" + ID + "/decision",
        (exchange, request) -> {
          boolean fresh = request.header("Authorization").equals("Bearer fresh");
          exchange
              .getResponseHeaders()
              .set(
                  "WWW-Authenticate",
                  "Bearer error=\"insufficient_user_authentication\", max_age=\"300\"");
          (fresh ? json(200, approval("approved")) : problem(401, "A more recent one", "old"))
              .to(exchange, request);
        });
  }

  private static String basic(String secret) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString(("cli_1:" + Query.encode(secret)).getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whoeverApprovesIsAskedForTheirSecretOnceMoreWhereTheServerWantsThat() {
    asksForAFreshAuthentication();
    machine.typing("typed anew");

    assertThat(machine.type("approvals", "approve", ID)).as(machine.err()).isZero();

    assertThat(machine.prompts()).hasSize(1).first().asString().contains("300 s", "cli_1");
    assertThat(machine.out()).contains(ID + " is approved").doesNotContain("typed anew");
    var keys =
        server.requests().stream()
            .filter(request -> request.target().endsWith("/decision"))
            .map(request -> request.header("Idempotency-Key"))
            .toList();
    assertThat(keys).as("another saying").hasSize(2).doesNotHaveDuplicates();
  }

  @Test
  void whereNobodyTypesItFailsAndSaysWhatToDo() {
    asksForAFreshAuthentication();

    assertThat(machine.type("approvals", "approve", ID)).isEqualTo(3);

    assertThat(machine.prompts()).isEmpty();
    assertThat(machine.err()).contains("300 s", "terminal");
    assertThat(server.requests().stream().filter(request -> request.target().endsWith("/decision")))
        .as("no secret that is kept steps up by itself")
        .hasSize(1);
  }

  private void takesDecisions() {
    server.on("GET " + PATH + "/" + ID, json(200, approval("pending")));
    server.on(
        "POST " + PATH + "/" + ID + "/decision",
        json(
            200,
            approval("edited")
                .replace(
                    "\"votes\":",
                    "\"edited_to\":{\"approval\":\"apr_other\",\"action_digest\":\"cafe\","
                        + "\"by\":\"mem_1\",\"changes\":[\"/amount\"]},\"votes\":")));
  }

  @Test
  void aCallIsApprovedWithOtherArguments() throws IOException {
    takesDecisions();
    Files.writeString(home.resolve("new.json"), "{\"to\": \"ann\", \"amount\": 1.10}");

    assertThat(machine.type("approvals", "approve", ID, "--edit", "new.json"))
        .as(machine.err())
        .isZero();

    assertThat(machine.out()).contains(ID + " is edited", "apr_other is asked about");
    assertThat(server.requests().getLast().body())
        .contains("\"decision\":\"approve\"", "\"arguments\":{\"to\":\"ann\",\"amount\":1.1");
    assertThat(machine.type("approvals", "show", ID)).isZero();
  }

  @Test
  void whatIsNoChangeIsNotSent() throws IOException {
    takesDecisions();
    for (var text :
        new String[] {
          "[]", "{", "", "{\"a\":1,\"a\":2}", "{\"amount\":5.0,\"to\":\"mallory\\u202e\"}"
        }) {
      Files.writeString(home.resolve("new.json"), text);

      assertThat(machine.type("approvals", "approve", ID, "--edit", "new.json"))
          .as(text)
          .isEqualTo(2);
    }
    assertThat(machine.type("approvals", "approve", ID, "--edit", "none.json")).isEqualTo(2);
    assertThat(machine.type("approvals", "approve", ID, "--edit"))
        .as("where nobody could type")
        .isEqualTo(2);
    assertThat(server.requests())
        .noneMatch(
            request -> request.method().equals("POST") && request.target().endsWith("/decision"));
  }

  @Test
  void anEditorIsOpenedOnTheArguments() throws IOException {
    takesDecisions();
    var seen = home.resolve("seen");
    machine
        .typing("secret")
        .with("EDITOR", "sh -c 'cp \"$1\" " + seen + "; echo {\\\"amount\\\":7} > \"$1\"' x");

    assertThat(machine.type("approvals", "approve", ID, "--edit")).as(machine.err()).isZero();

    assertThat(Files.readString(seen)).contains("\"amount\" : 5");
    assertThat(server.requests().getLast().body()).contains("\"arguments\":{\"amount\":7}");
    try (var left = Files.walk(home.resolve(".cache"))) {
      assertThat(left.filter(Files::isRegularFile).filter(it -> it.toString().contains("edits")))
          .as("nothing of it is left")
          .isEmpty();
    }
  }

  @Test
  void aDecisionIsSaidAndItsAnswerTold() {
    server.on("POST " + PATH + "/" + ID + "/decision", json(200, approval("approved")));

    assertThat(machine.type("approvals", "approve", ID, "--reason", "looks right")).isZero();

    assertThat(machine.out()).contains(ID + " is approved");
    assertThat(server.requests().getLast().body())
        .contains("\"decision\":\"approve\"", "\"reason\":\"looks right\"");
    assertThat(machine.type("approvals", "deny", ID)).as("without a reason").isEqualTo(2);
  }

  @Test
  void whatIsDecidedAlreadyIsAFailure() {
    server.on(
        "POST " + PATH + "/" + ID + "/decision",
        problem(409, "The state does not allow it", "It is denied already."));

    assertThat(machine.type("approvals", "approve", ID)).isEqualTo(1);

    assertThat(machine.err()).contains("denied already");
  }

  @Test
  void anEnclaveThatIsAwayIsToldSo() {
    server.on(
        "POST " + PATH + "/" + ID + "/decision",
        json(202, "{\"pending\":true,\"approval_id\":\"" + ID + "\"}"));

    assertThat(machine.type("approvals", "approve", ID)).isEqualTo(5);

    assertThat(machine.err()).contains("when it comes back");
  }

  @Test
  void whoWatchesGoesOnWhileTheServerIsAwayAndStopsWhereTheyMayNotLook() {
    var answers =
        List.of(
            problem(500, "Something went wrong", "oops"),
            problem(502, "There is nobody", "behind the gateway"),
            list(approval("pending")),
            problem(403, "Not permitted", "This needs approvals:read."));
    var asked = new AtomicInteger();
    server.on(
        "GET " + PATH,
        (exchange, request) ->
            answers
                .get(Math.min(asked.getAndIncrement(), answers.size() - 1))
                .to(exchange, request));

    assertThat(machine.type("approvals", "watch")).isEqualTo(3);

    assertThat(asked).hasValue(4);
    assertThat(machine.out()).contains(ID);
    assertThat(machine.err())
        .containsOnlyOnce("The server is away")
        .containsOnlyOnce("The server is back")
        .contains("approvals:read");
  }

  @Test
  void aWorkflowIsSetFromAFile() throws IOException {
    var file = Files.writeString(home.resolve("tiers.json"), "{\"tiers\":[{\"kind\":\"human\"}]}");
    server.on(
        "PUT /api/v1/approval-workflows/payments",
        json(201, "{\"name\":\"payments\",\"tiers\":[{\"kind\":\"human\"}]}"));

    int code = machine.type("policy", "workflow", "set", "payments", file.toString());

    assertThat(machine.err()).isEmpty();
    assertThat(code).isZero();
    assertThat(machine.out()).contains("Workflow payments is in the draft");
    assertThat(server.requests().getLast().body()).contains("human");
  }

  @Test
  void withTheControlPlaneAwayTheEnclaveItselfIsAsked() {
    try (var enclave = enclave()) {
      enclave.on("POST /v1/operator/approvals/" + ID + "/decision", json(200, approval("denied")));

      int code = typeAt(enclave, "deny", ID, "--reason", "no");

      assertThat(machine.err()).isEmpty();
      assertThat(code).isZero();
      assertThat(enclave.requests().getLast().header("Authorization"))
          .isEqualTo("Bearer at-enclave");
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void theEnclaveItselfShowsAllOfIt() {
    try (var enclave = enclave()) {
      enclave
          .on("GET /v1/operator/approvals", list(approval("pending")))
          .on("GET /v1/operator/approvals/" + ID, json(200, approval("pending")));

      assertThat(typeAt(enclave, "list")).isZero();
      assertThat(machine.out()).contains(ID, "transfer");

      assertThat(typeAt(enclave, "show", ID)).isZero();
      assertThat(machine.out()).contains("\"amount\" : 5");
      assertThat(enclave.requests().getLast().header("Authorization"))
          .isEqualTo("Bearer at-enclave");
      assertThat(typeAt(enclave, "show", "apr_none")).isEqualTo(4);
      assertThat(server.requests()).isEmpty();
    }
  }

  private static FakeServer enclave() {
    return new FakeServer()
        .on(
            "POST /v1/operator/token",
            json(
                200,
                "{\"access_token\":\"at-enclave\",\"token_type\":\"Bearer\",\"expires_in\":900,"
                    + "\"scope\":\"approvals:decide approvals:read\"}"));
  }

  private int typeAt(FakeServer enclave, String... words) {
    var command = new ArrayList<String>();
    command.add("--enclave-url");
    command.add(enclave.url().toString());
    command.add("approvals");
    command.addAll(List.of(words));
    command.add("--at-enclave");
    return machine.type(command.toArray(String[]::new));
  }
}
