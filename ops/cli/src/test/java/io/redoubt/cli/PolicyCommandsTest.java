package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.list;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PolicyCommandsTest extends LoggedIn {
  private static final String POLICIES = "/api/v1/policies";
  private static final String BUNDLES = "/api/v1/bundles";
  private static final String DOCUMENTS =
      """
      [{"name":"guard","cedar":"forbid (principal, action, resource);\\n","version":1,
        "updated_by":"mem_1","updated_at":"2026-01-01T00:00:00Z"},
       {"name":"starter","cedar":"// one\\n// three\\n","version":2,"updated_by":"system",
        "updated_at":"2026-01-01T00:00:00Z"}]\
      """;
  private static final String VALID = "{\"valid\":true,\"problems\":[],\"decisions\":[]}";

  @BeforeEach
  void servePolicies() {
    server.on("GET " + POLICIES, json(200, "{\"items\":" + DOCUMENTS + ",\"next_cursor\":null}"));
    for (String part :
        List.of("rules", "content-policies", "canaries", "approval-workflows", "groups")) {
      server.on("GET /api/v1/" + part, list());
    }
  }

  @Test
  void theDraftIsListedAndShown() {
    server.on(
        "GET " + POLICIES + "/starter",
        json(200, "{\"name\":\"starter\",\"cedar\":\"// one\\n\\u001b[2J\\n\",\"version\":1}"));

    assertThat(machine.type("policy", "list")).isZero();
    assertThat(machine.out()).contains("guard    1        mem_1");

    assertThat(machine.type("policy", "show", "starter")).isZero();
    assertThat(machine.out().lines()).containsExactly("// one", "\uFFFD[2J");
    assertThat(machine.type("policy", "show", "none")).isEqualTo(4);
  }

  @Test
  void whatIsPublishedIsShownWithWhereItComesFrom() {
    server
        .on("GET " + BUNDLES, list("{\"version\":7}"))
        .on(
            "GET " + BUNDLES + "/7",
            json(
                200,
                """
                {"bundle":{"version":7},"policies":[
                  {"name":"guard","cedar":"// mine"},
                  {"name":"platform.no-shell","cedar":"// theirs"},
                  {"name":"rule.reads","cedar":"// compiled"}]}\
                """));

    assertThat(machine.type("policy", "show", "--effective")).isZero();

    assertThat(machine.out().lines())
        .containsExactly(
            "guard (of the organization):",
            "    // mine",
            "platform.no-shell (of the platform, which organizations cannot change):",
            "    // theirs",
            "rule.reads (of a rule of the organization):",
            "    // compiled");
    assertThat(machine.type("policy", "show")).isEqualTo(2);
  }

  @Test
  void theFloorIsShownAndReplaced() throws IOException {
    server
        .on(
            "GET /api/v1/floor",
            json(200, "{\"version\":1,\"policies\":[{\"name\":\"no-shell\",\"cedar\":\"// x\"}]}"))
        .on(
            "PUT /api/v1/floor",
            json(
                200,
                """
                {"version":2,"below":["org_1"],"refused":[
                  {"organization_id":"org_1","version":3,"floor":2,"why":"too many"}],"yielded":[
                  {"organization_id":"org_2","version":3,"floor":2,"alone":false,"why":"a string"},
                  {"organization_id":"org_3","version":3,"floor":2,"alone":true,"why":"too large"}
                ]}\
                """));
    Files.writeString(home.resolve("floor.cedar"), "// floor");

    assertThat(machine.type("policy", "floor", "show")).isZero();
    assertThat(machine.out().lines()).containsExactly("no-shell:", "    // x");
    assertThat(machine.type("policy", "floor", "set", "no-shell=floor.cedar")).isZero();
    assertThat(machine.out()).contains("Version 2 is on its way");
    assertThat(machine.err())
        .contains("org_1 goes on", "too many")
        .contains("policies of org_2 yield", "a string")
        .contains("nothing is permitted in org_3", "too large");
    assertThat(server.requests().getLast().body())
        .isEqualTo("{\"policies\":[{\"name\":\"no-shell\",\"cedar\":\"// floor\"}]}");
    assertThat(machine.type("policy", "floor", "set")).isZero();
    assertThat(server.requests().getLast().body()).isEqualTo("{\"policies\":[]}");
  }

  @Test
  void contentPoliciesAreSetShownAndPutTogether() throws IOException {
    String content = "/api/v1/content-policies";
    String policy =
        """
        {"scope":"organization","rules":[{"subject":"pii","in":["reply"],"action":"redact",
         "floor":false}],"patterns":[],"models":{"allow":[],"block":[]},"version":1,
         "updated_by":"ann","updated_at":"2026-11-20T12:00:00Z"}\
        """;
    server
        .on("PUT " + content + "/organization", json(201, policy))
        .on("PUT " + content + "/platform", json(200, "{\"below\":[],\"refused\":[]}"))
        .on("GET " + content + "/organization", json(200, policy))
        .on("GET " + content, list(policy))
        .on("DELETE " + content + "/organization", json(204, ""))
        .on(
            "GET " + content + "/effective",
            json(
                200,
                """
                {"version":2,"agent_id":null,"parts":[
                  {"detector":"email","direction":"reply","action":"redact",
                   "origin":"organization","overruled":null},
                  {"detector":"jwt","direction":"reply","action":"allow","origin":null,
                   "overruled":null}],
                 "models":[{"scope":"platform","allow":[],"block":["evil-*"]}]}\
                """));
    Files.writeString(home.resolve("c.json"), "{\"rules\":[]}");

    assertThat(machine.type("content-policy", "set", "organization", "c.json")).isZero();
    assertThat(machine.out()).contains("is in the draft");
    assertThat(server.requests().getLast().body()).isEqualTo("{\"rules\":[]}");
    assertThat(machine.type("content-policy", "set", "platform", "c.json")).isZero();
    assertThat(machine.out()).contains("It is in every organization.");
    assertThat(machine.type("content-policy", "show", "organization")).isZero();
    assertThat(machine.out()).contains("\"subject\" : \"pii\"").doesNotContain("updated_by");
    assertThat(machine.type("content-policy", "list")).isZero();
    assertThat(machine.out()).contains("organization", "ann");
    assertThat(machine.type("content-policy", "effective")).isZero();
    assertThat(machine.out()).contains("email", "redact", "evil-*").doesNotContain("jwt");
    assertThat(machine.type("content-policy", "effective", "--all")).isZero();
    assertThat(machine.out()).contains("jwt");
    assertThat(machine.type("content-policy", "delete", "organization")).isZero();
  }

  @Test
  void aDocumentIsSetFromAFileAndTheDraftIsChecked() throws IOException {
    server
        .on("PUT " + POLICIES + "/guard", json(201, "{\"name\":\"guard\",\"version\":1}"))
        .on(
            "POST " + POLICIES + "/test",
            json(
                200,
                """
                {"valid":false,"decisions":[],"problems":
                  [{"policy":"guard","line":1,"column":8,"message":"unexpected token"}]}\
                """));
    Files.writeString(home.resolve("guard.cedar"), "permit x");

    assertThat(machine.type("policy", "set", "guard", "guard.cedar")).isZero();

    assertThat(machine.err()).contains("guard:1:8: unexpected token");
    assertThat(server.requests())
        .anySatisfy(request -> assertThat(request.body()).isEqualTo("{\"cedar\":\"permit x\"}"));
    assertThat(machine.type("policy", "set", "guard", "nowhere.cedar")).isEqualTo(2);
  }

  @Test
  void aTestSaysWhatIsWrongOrWhatWouldBeDecided() throws IOException {
    server.on("POST " + POLICIES + "/test", json(200, VALID));
    assertThat(machine.type("policy", "test")).isZero();
    assertThat(machine.out()).contains("valid");

    Files.writeString(
        home.resolve("asked.json"),
        "[{\"agent_id\":\"agt_1\",\"action\":\"tool:call\",\"resource\":\"shell\"}]");
    Files.writeString(home.resolve("a.cedar"), "// nothing");
    server.on(
        "POST " + POLICIES + "/test",
        json(
            200,
            """
            {"valid":true,"problems":[],"decisions":[{"verdict":"deny","policy_ids":["guard"],
              "workflows":[],"alerts":[],"shadow":null,"errors":[]}]}\
            """));
    assertThat(
            machine.type("policy", "test", "--requests", "asked.json", "--policy", "guard=a.cedar"))
        .isZero();
    assertThat(machine.out()).contains("tool:call  shell     deny     guard");
    assertThat(server.requests().getLast().body())
        .contains("\"name\":\"guard\",\"cedar\":\"// nothing\"", "\"agent_id\":\"agt_1\"");

    server.on(
        "POST " + POLICIES + "/test",
        json(
            200,
            """
            {"valid":false,"decisions":[],"problems":
              [{"policy":"guard","line":3,"column":2,"message":"no"}]}\
            """));
    assertThat(machine.type("policy", "test")).isEqualTo(1);
    assertThat(machine.out()).contains("guard:3:2: no");
  }

  @Test
  void theDifferenceIsShownLineByLine() {
    server
        .on("GET " + BUNDLES, list("{\"version\":7}"))
        .on(
            "GET " + BUNDLES + "/7",
            json(
                200,
                """
                {"bundle":{"version":7},"policies":[
                  {"name":"old","cedar":"// gone\\n"},
                  {"name":"starter","cedar":"// one\\n// two\\n// three\\n"}]}\
                """));

    assertThat(machine.type("policy", "diff")).isZero();

    assertThat(machine.out().lines())
        .containsExactly(
            "guard (new)",
            "  + forbid (principal, action, resource);",
            "old (deleted)",
            "  - // gone",
            "starter (changed)",
            "    // one",
            "  - // two",
            "    // three");
  }

  @Test
  void aCanaryIsSetFromAFileAndTheDraftIsHeldAgainstIt() throws IOException {
    String canary =
        """
        {"name":"no-shell","verdict":"deny","action":"tool:call","resource":"shell",
         "updated_by":"mem_1"}\
        """;
    server
        .on("PUT /api/v1/canaries/no-shell", json(201, canary))
        .on("GET /api/v1/canaries/no-shell", json(200, canary))
        .on("DELETE /api/v1/canaries/no-shell", json(204, ""))
        .on("GET /api/v1/canaries", list(canary))
        .on(
            "POST " + POLICIES + "/test",
            json(
                200,
                """
                {"valid":false,"decisions":[],"problems":[{"policy":"canary/no-shell","line":1,
                  "column":1,"message":"should be deny, and is permit by starter"}]}\
                """));
    Files.writeString(
        home.resolve("canary.json"),
        "{\"verdict\": \"deny\", \"action\": \"tool:call\", \"resource\": \"shell\"}");

    assertThat(machine.type("policy", "canary", "set", "no-shell", "canary.json")).isZero();

    assertThat(machine.err()).contains("canary/no-shell: should be deny, and is permit by starter");
    assertThat(server.requests())
        .anySatisfy(request ->
            assertThat(request.body())
                .isEqualTo(
                    "{\"verdict\":\"deny\",\"action\":\"tool:call\",\"resource\":\"shell\"}"));
    assertThat(machine.type("policy", "canary", "list")).isZero();
    assertThat(machine.out()).contains("no-shell  tool:call  shell     deny");
    assertThat(machine.type("policy", "canary", "show", "no-shell")).isZero();
    assertThat(machine.out()).contains("tool:call");
    assertThat(machine.type("policy", "canary", "delete", "no-shell")).isZero();
    Files.writeString(home.resolve("canary.json"), "{");
    assertThat(machine.type("policy", "canary", "set", "no-shell", "canary.json")).isEqualTo(2);
  }

  /** A publication holds what they were compiled to. */
  @Test
  void rulesAreComparedByWhatTheyBecome() {
    server
        .on(
            "GET /api/v1/rules",
            list(
                "{\"name\":\"reads\",\"cedar\":\"// as before\\n\"}",
                "{\"name\":\"writes\",\"cedar\":\"// now\\n\"}"))
        .on(
            "GET " + BUNDLES + "/3",
            json(
                200,
                "{\"bundle\":{},\"policies\":"
                    + DOCUMENTS.replace("]", "")
                    + """
                    ,{"name":"rule.reads","cedar":"// as before\\n"},
                     {"name":"rule.writes","cedar":"// then\\n"}]}\
                    """));

    assertThat(machine.type("policy", "diff", "--against", "3")).isZero();

    assertThat(machine.out().lines())
        .containsExactly("rule.writes (changed)", "  - // then", "  + // now");
  }

  @Test
  void contentPoliciesAreComparedByWhatTheySay() {
    String said = "\"rules\":[],\"patterns\":[],\"models\":{\"allow\":[],\"block\":[\"%s\"]}";
    server
        .on(
            "GET /api/v1/content-policies",
            list("{\"scope\":\"organization\",\"version\":2," + said.formatted("now") + "}"))
        .on(
            "GET " + BUNDLES + "/3",
            json(
                200,
                "{\"bundle\":{},\"policies\":"
                    + DOCUMENTS
                    + ",\"content_policies\":[{\"scope\":\"organization\",\"policy\":{"
                    + said.formatted("then")
                    + "}},{\"scope\":\"platform\",\"policy\":{"
                    + said.formatted("theirs")
                    + "}}]}"));

    assertThat(machine.type("policy", "diff", "--against", "3")).isZero();

    assertThat(machine.out())
        .contains("content of organization (changed)", "- ", "then", "+ ", "now")
        .doesNotContain("theirs");
  }

  @Test
  void canariesWorkflowsAndGroupsAreComparedByWhatTheySay() {
    server
        .on("GET /api/v1/canaries", draft("{\"name\":\"no-shell\",\"verdict\":\"deny\"%s}"))
        .on("GET /api/v1/approval-workflows", draft("{\"name\":\"default\",\"uses\":2%s}"))
        .on("GET /api/v1/groups", draft("{\"name\":\"leads\",\"members\":[\"mbr_1\"]%s}"))
        .on(
            "GET " + BUNDLES + "/3",
            published(
                "[]",
                "[{\"name\":\"default\",\"uses\":1}]",
                "[{\"name\":\"leads\",\"members\":[\"mbr_1\"]},"
                    + "{\"name\":\"old\",\"members\":[\"mbr_2\"]}]"));

    assertThat(machine.type("policy", "diff", "--against", "3")).isZero();

    assertThat(machine.out())
        .contains(
            "canary no-shell (new)",
            "+   \"verdict\" : \"deny\"",
            "workflow default (changed)",
            "-   \"uses\" : 1",
            "+   \"uses\" : 2",
            "group old (deleted)")
        .doesNotContain("group leads", "updated_by", "is what is published");
  }

  @Test
  void aDraftThatIsPublishedAlreadyDiffersInNothing() {
    server
        .on("GET /api/v1/canaries", draft("{\"name\":\"no-shell\",\"verdict\":\"deny\"%s}"))
        .on("GET /api/v1/approval-workflows", draft("{\"name\":\"default\",\"uses\":1%s}"))
        .on("GET /api/v1/groups", draft("{\"name\":\"leads\",\"members\":[\"mbr_1\"]%s}"))
        .on(
            "GET " + BUNDLES + "/3",
            published(
                "[{\"name\":\"no-shell\",\"verdict\":\"deny\"}]",
                "[{\"name\":\"default\",\"uses\":1}]",
                "[{\"name\":\"leads\",\"members\":[\"mbr_1\"]}]"));

    assertThat(machine.type("policy", "diff", "--against", "3")).isZero();
    assertThat(machine.out().lines()).containsExactly("The draft is what is published.");
  }

  /** One part of the draft, with who wrote it where the text has room for that. */
  private static FakeServer.Answer draft(String part) {
    String authorship =
        ",\"version\":2,\"updated_by\":\"mem_1\",\"updated_at\":\"2026-01-01T00:00:00Z\"";
    return list(part.formatted(authorship));
  }

  private static FakeServer.Answer published(String canaries, String workflows, String groups) {
    return json(
        200,
        "{\"bundle\":{},\"policies\":%s,\"canaries\":%s,\"workflows\":%s,\"groups\":%s}"
            .formatted(DOCUMENTS, canaries, workflows, groups));
  }

  @Test
  void aPublicationNamesTheNodesThatDecideByIt() {
    server.on(
        "POST " + BUNDLES,
        json(
            201,
            """
            {"version":2,"digest":"sha256:00","pending":false,"missing":[],"refused":[],
             "nodes":[{"enclave_id":"enc_1","node":"node-1",
                       "acknowledged_at":"2026-01-01T00:00:00Z"}]}\
            """));

    assertThat(machine.type("policy", "publish")).isZero();
    assertThat(machine.out()).contains("Version 2 decides").contains("node-1");
    assertThat(server.requests().getLast().header("Idempotency-Key")).isNotEmpty();

    assertThat(machine.type("policy", "rollback", "1")).isZero();
    assertThat(server.requests().getLast().body()).isEqualTo("{\"rollback_to\":1}");
    assertThat(machine.type("policy", "rollback", "one")).isEqualTo(2);
  }

  @Test
  void aPublicationThatSomeNodeDoesNotRunIsNoSuccess() {
    server.on(
        "POST " + BUNDLES,
        json(
            202,
            """
            {"version":2,"digest":"sha256:00","pending":true,"nodes":[],"refused":[],
             "missing":[{"enclave_id":"enc_1","node":"node-2"}]}\
            """));
    assertThat(machine.type("policy", "publish")).isEqualTo(5);
    assertThat(machine.err()).contains("node-2");

    server.on(
        "POST " + BUNDLES,
        json(
            202,
            """
            {"version":2,"digest":"sha256:00","pending":true,"nodes":[],"missing":[],
             "refused":[{"enclave_id":"enc_1","why":"cannot be run here"}]}\
            """));
    assertThat(machine.type("policy", "publish")).isEqualTo(1);
    assertThat(machine.err()).contains("cannot be run here");
  }

  @Test
  void whoIsAwayIsNamedAndOnlyWhoDecidesByWhatItHadIsWaitedFor() {
    String answer =
        """
        {"version":2,"digest":"sha256:00","pending":%s,"nodes":[],"missing":[],"refused":[],
         "away":[{"enclave_id":"enc_1","name":"spa\\u001bre","enrolled":%s,
                  "last_contact_at":null}]}\
        """;
    server.on("POST " + BUNDLES, json(201, answer.formatted("false", "false")));
    assertThat(machine.type("policy", "publish")).isZero();
    assertThat(machine.err()).contains("spa\uFFFDre has never been connected");

    server.on("POST " + BUNDLES, json(202, answer.formatted("true", "true")));
    assertThat(machine.type("policy", "publish")).isEqualTo(5);
    assertThat(machine.err()).contains("spa\uFFFDre is not connected");
  }
}
