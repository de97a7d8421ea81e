package io.redoubt.enclave.agentapi;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.ApiDescription;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.FakeControlPlane;
import io.redoubt.enclave.testing.Http;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The door that an enclave lends to chats. */
class CallbackTest {
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String BODY = "payload=%7B%22type%22%3A%22block_actions%22%7D";

  private final EnclaveFixture fixture = EnclaveFixture.shared();
  private final URI callbacks = fixture.enclave().agentUrl().resolve("/v1/callbacks/slack");
  private final ApiDescription api =
      new ApiDescription(Http.get(fixture.enclave().agentUrl().resolve("/openapi.json")).json());

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private Answer signed(String signature, byte[] body, String type) {
    return Http.post(
        callbacks,
        body,
        type,
        "X-Slack-Request-Timestamp",
        "1700000000",
        "X-Slack-Signature",
        signature);
  }

  @Test
  void whatSlackSaysReachesTheControlPlaneAsItCame() {
    var answer = signed(FakeControlPlane.SLACKS_SIGNATURE, bytes(BODY), FORM);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text("response_action")).isEqualTo("errors");
    api.describes(answer);
    assertThat(fixture.controlPlane.callbacks)
        .contains(
            new FakeControlPlane.Callback(
                "slack", "1700000000 " + FakeControlPlane.SLACKS_SIGNATURE, BODY));
  }

  @Test
  void whatTheBotFrameworkSaysReachesTheControlPlaneAsItCame() {
    var teams = callbacks.resolve("/v1/callbacks/teams");
    String activity = "{\"type\":\"invoke\", \"id\" : \"f:1\"}";
    String token = FakeControlPlane.BOT_FRAMEWORKS_TOKEN;
    String json = "application/json";

    var answer = Http.post(teams, bytes(activity), json, "Authorization", token);
    var forged = Http.post(teams, bytes(activity), json, "Authorization", "Bearer a.b.c");
    var bare = Http.post(teams, bytes(activity), json);
    var form = Http.post(teams, bytes(activity), FORM, "Authorization", token);
    var huge = Http.post(teams, new byte[200_000], json, "Authorization", token);
    var smuggled =
        Http.post(teams, bytes(activity), json, "X-Redoubt-Callback-Authorization", token);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(forged.status()).isEqualTo(401);
    assertThat(bare.status()).isEqualTo(401);
    assertThat(smuggled.status()).isEqualTo(401);
    assertThat(form.status()).isEqualTo(415);
    assertThat(huge.status()).isEqualTo(413);
    for (Answer each : new Answer[] {answer, forged, bare, form, huge}) {
      api.describes(each);
    }
    assertThat(fixture.controlPlane.callbacks)
        .contains(new FakeControlPlane.Callback("teams", token, activity));
  }

  @Test
  void aChatThatThereIsNotHasNoDoor() {
    assertThat(Http.post(callbacks.resolve("/v1/callbacks/irc"), bytes(BODY), FORM).status())
        .isEqualTo(404);
  }

  @Test
  void whatTheControlPlaneDoesNotTakeIsRefusedHere() {
    var forged = signed("v0=" + "0".repeat(64), bytes(BODY), FORM);
    var unsigned = Http.post(callbacks, bytes(BODY), FORM);
    var json = signed(FakeControlPlane.SLACKS_SIGNATURE, bytes("{}"), "application/json");
    var huge = signed(FakeControlPlane.SLACKS_SIGNATURE, new byte[200_000], FORM);

    assertThat(forged.status()).isEqualTo(401);
    assertThat(unsigned.status()).isEqualTo(401);
    assertThat(json.status()).isEqualTo(415);
    assertThat(huge.status()).isEqualTo(413);
    for (Answer each : new Answer[] {forged, unsigned, json, huge}) {
      api.describes(each);
    }
  }
}
