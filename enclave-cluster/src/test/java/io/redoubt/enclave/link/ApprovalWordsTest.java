package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ModelPrompt;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How much of a request for approval the control plane is told. */
class ApprovalWordsTest {
  private static final Clock CLOCK = Clock.systemUTC();

  private static ApprovalView told(ApprovalStatus status, @Nullable JsonNode arguments) {
    return ApprovalWords.forControlPlane(view(status, arguments));
  }

  private static ApprovalView view(ApprovalStatus status, @Nullable JsonNode arguments) {
    var now = CLOCK.instant();
    return new ApprovalView(
        ApprovalId.next(CLOCK),
        status,
        AgentId.next(CLOCK),
        null,
        Plane.TOOL,
        "tool:call",
        null,
        "transfer",
        arguments,
        "beef",
        ActionId.next(CLOCK),
        List.of("ask"),
        "default",
        1,
        35,
        List.of(),
        0,
        now,
        now.plusSeconds(900),
        null,
        1,
        List.of());
  }

  private static JsonNode text(int characters) {
    return Json.LENIENT.createObjectNode().put("text", "x".repeat(characters));
  }

  private static JsonNode nested(int levels) {
    JsonNode node = Json.LENIENT.createObjectNode();
    for (int i = 1; i < levels; i++) {
      node = Json.LENIENT.createObjectNode().set("in", node);
    }
    return node;
  }

  @Test
  void argumentsThatAreTooLargeAreNotToldButThatThereAreSome() {
    for (var arguments : List.of(text(64 * 1024), nested(100))) {
      var view = told(ApprovalStatus.PENDING, arguments);

      assertThat(view.arguments()).isNull();
      assertThat(view.argumentsWithheld()).isTrue();
    }
  }

  @Test
  void whoHasNoneOrToldAllWithholdsNothing() {
    var none = told(ApprovalStatus.PENDING, null);
    var all = told(ApprovalStatus.PENDING, text(60 * 1024));

    assertThat(none.arguments()).isNull();
    assertThat(none.argumentsWithheld()).isFalse();
    assertThat(all.arguments()).isEqualTo(text(60 * 1024));
    assertThat(all.argumentsWithheld()).isFalse();
  }

  @Test
  void onceItIsOverNothingIsToldOfThemAtAll() {
    var view = told(ApprovalStatus.APPROVED, text(100_000));

    assertThat(view.arguments()).isNull();
    assertThat(view.argumentsWithheld()).isFalse();
  }

  @Test
  void ofACallToAModelAnExcerptIsToldAsLongAsItIsPending() {
    var prompt = new ModelPrompt(2, "be brief", "pay", List.of("transfer"), List.of(), 2, "{}");
    var pending = view(ApprovalStatus.PENDING, null).saying(prompt);
    var denied = view(ApprovalStatus.DENIED, null).saying(prompt);

    assertThat(ApprovalWords.forControlPlane(pending).prompt()).isEqualTo(prompt.excerpt());
    assertThat(ApprovalWords.forControlPlane(denied).prompt()).isNull();
  }

  /** What older enclaves and older rows say has no such field. */
  @Test
  void whatSaysNothingOfItWithholdsNothing() throws Exception {
    var json = Json.LENIENT.writeValueAsString(told(ApprovalStatus.PENDING, text(5)));

    assertThat(json).doesNotContain("arguments_withheld");
    assertThat(Json.LENIENT.readValue(json, ApprovalView.class).argumentsWithheld()).isFalse();
  }
}
