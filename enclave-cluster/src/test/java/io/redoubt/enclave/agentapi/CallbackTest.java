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

/** The door that an enclave lends to Slack. */
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
            new FakeControlPlane.Callback("1700000000", FakeControlPlane.SLACKS_SIGNATURE, BODY));
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
