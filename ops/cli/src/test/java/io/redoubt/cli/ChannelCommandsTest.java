package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.list;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChannelCommandsTest extends LoggedIn {
  private static final String SLACK = "/api/v1/channels/slack";
  private static final String MEMBERS = SLACK + "/members";
  private static final String CHANNEL =
      """
      {"kind": "slack", "settings": {"channel_id": "C0A"}, "waiting": 2, "dead": 0,
       "held_until": null, "problem": "rate limited", "version": 1}
      """;

  @Test
  void slackIsSetUpWithSecretsThatNobodyTypes() {
    server.on("PUT " + SLACK, json(201, CHANNEL));
    machine.with("REDOUBT_SLACK_TOKEN", "xoxb-1").with("REDOUBT_SLACK_SIGNING_SECRET", "s3cret");

    assertThat(
            machine.type(
                "channel",
                "slack",
                "--channel",
                "C0A",
                "--team",
                "T0A",
                "--app",
                "A0A",
                "--no-arguments"))
        .isZero();

    assertThat(server.requests().getLast().body())
        .contains("\"bot_token\":\"xoxb-1\"", "\"signing_secret\":\"s3cret\"")
        .contains("\"channel_id\":\"C0A\"", "\"arguments\":\"none\"");
    assertThat(machine.out()).doesNotContain("xoxb-1", "s3cret");
  }

  @Test
  void withoutASecretNothingIsSent() {
    assertThat(
            machine.type("channel", "slack", "--channel", "C0A", "--team", "T0A", "--app", "A0A"))
        .isEqualTo(2);

    assertThat(machine.err()).contains("REDOUBT_SLACK_TOKEN");
  }

  @Test
  void channelsAreListedWithWhatWaits() {
    server.on("GET /api/v1/channels", list(CHANNEL));

    assertThat(machine.type("channel", "list")).isZero();

    assertThat(machine.out()).contains("slack", "2", "rate limited");
  }

  @Test
  void somebodyIsMappedBesideTheOthersAndUnmappedAgain() {
    server.on(
        "GET " + MEMBERS,
        json(200, "{\"members\":[{\"user_id\":\"U1\",\"member_id\":\"mbr_1\"}]}"));
    server.on("PUT " + MEMBERS, json(200, "{\"members\":[]}"));

    assertThat(machine.type("channel", "map", "U2", "mbr_2")).isZero();
    assertThat(server.requests().getLast().body())
        .contains("\"U1\"", "\"mbr_1\"", "\"U2\"", "\"mbr_2\"");
    assertThat(machine.type("channel", "unmap", "U1")).isZero();
    assertThat(server.requests().getLast().body()).doesNotContain("U1");
    assertThat(machine.type("channel", "unmap", "U9")).isEqualTo(4);
    assertThat(machine.type("channel", "members")).isZero();
    assertThat(machine.out()).contains("U1", "mbr_1");
  }

  @Test
  void teamsIsSetUpWithASecretThatNobodyTypes() {
    server.on("PUT /api/v1/channels/teams", json(201, CHANNEL.replace("slack", "teams")));
    machine.with("REDOUBT_TEAMS_SECRET", "between bots");

    assertThat(
            machine.type(
                "channel",
                "teams",
                "--app",
                "a-1",
                "--tenant",
                "t-1",
                "--channel",
                "19:c@thread.tacv2",
                "--multi-tenant"))
        .isZero();

    assertThat(server.requests().getLast().body())
        .contains("\"app_id\":\"a-1\"", "\"app_secret\":\"between bots\"")
        .contains("\"tenant_id\":\"t-1\"", "\"channel_id\":\"19:c@thread.tacv2\"")
        .contains("\"login_tenant\":\"botframework.com\"")
        .doesNotContain("service_url", "arguments");
    assertThat(machine.out()).doesNotContain("between bots");
  }

  @Test
  void somebodyInTeamsIsMappedThere() {
    String members = "/api/v1/channels/teams/members";
    server.on("GET " + members, json(200, "{\"members\":[]}"));
    server.on(
        "PUT " + members, json(200, "{\"members\":[{\"user_id\":\"x\",\"member_id\":\"m\"}]}"));

    assertThat(machine.type("channel", "map", "--in", "teams", "guid-1", "mbr_1")).isZero();

    assertThat(server.requests().getLast().target()).isEqualTo(members);
    assertThat(server.requests().getLast().body()).contains("\"guid-1\"", "\"mbr_1\"");
    assertThat(machine.type("channel", "members", "--in", "teams")).isZero();
    assertThat(machine.type("channel", "unmap", "--in", "teams", "nobody")).isEqualTo(4);
  }

  @Test
  void emailIsSetUpWithAPasswordThatNobodyTypesOrWithoutOne() {
    server.on("PUT /api/v1/channels/email", json(201, CHANNEL.replace("slack", "email")));
    machine.with("REDOUBT_SMTP_PASSWORD", "between mailers");

    assertThat(
            machine.type(
                "channel",
                "email",
                "--host",
                "mail.example.com",
                "--username",
                "redoubt",
                "--from",
                "redoubt@example.com",
                "--to",
                "a@example.com",
                "--to",
                "b@example.com"))
        .isZero();
    assertThat(server.requests().getLast().body())
        .contains("\"host\":\"mail.example.com\"", "\"security\":\"starttls\"")
        .contains("\"username\":\"redoubt\"", "\"password\":\"between mailers\"")
        .contains("\"to\":[\"a@example.com\",\"b@example.com\"]", "\"approvers\":true");
    assertThat(machine.out()).doesNotContain("between mailers");

    assertThat(
            machine.type(
                "channel",
                "email",
                "--host",
                "localhost",
                "--security",
                "none",
                "--from",
                "r@example.com",
                "--to",
                "a@example.com",
                "--no-approvers"))
        .isZero();
    assertThat(server.requests().getLast().body())
        .contains("\"security\":\"none\"", "\"approvers\":false")
        .doesNotContain("password", "username");
  }

  @Test
  void aWebhookIsSetAndRemoved() {
    server.on("PUT /api/v1/channels/webhook", json(201, CHANNEL.replace("slack", "webhook")));
    server.on("DELETE /api/v1/channels/webhook", json(204, ""));
    machine.with("REDOUBT_WEBHOOK_SECRET", "between us");

    assertThat(machine.type("channel", "webhook", "https://example.com/hook")).isZero();
    assertThat(server.requests().getLast().body()).contains("\"secret\":\"between us\"");
    assertThat(machine.type("channel", "delete", "webhook")).isZero();
  }
}
