package io.redoubt.enclave;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.ApiDescription;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The acting endpoint is described, and answers as its description says. */
class ActingApiTest {
  private static final List<String> ANTHROPIC =
      List.of("/v1/messages", "/v1/messages/count_tokens");
  private static final List<String> OPENAI =
      List.of("/v1/chat/completions", "/v1/responses", "/v1/embeddings");
  private static final List<String> EXECUTE = List.of("/v1/execute", "/v1/sdk/execute");
  private static final String CALL = "{\"model\":\"test-model\",\"max_tokens\":5,\"messages\":[]}";

  private final EnclaveFixture fixture = EnclaveFixture.shared();
  private final ApiDescription api = new ApiDescription(Http.get(at("/openapi.json")).json());

  private URI at(String path) {
    return fixture.enclave().actingUrl().resolve(path);
  }

  @Test
  void theDescriptionNamesWhatIsRoutedAndNothingElse() {
    var described = new ArrayList<String>();
    api.document().path("paths").fieldNames().forEachRemaining(described::add);
    var routed = new ArrayList<>(ANTHROPIC);
    routed.addAll(OPENAI);
    routed.add("/v1/models");
    routed.add("/v1/models/{model}");
    routed.addAll(EXECUTE);
    routed.add("/openapi.json");

    assertThat(described).containsExactlyInAnyOrderElementsOf(routed);
    for (String path : described) {
      boolean isRead = api.document().at("/paths").path(path).has("get");
      String asked = path.replace("{model}", "test-model");
      Answer right = isRead ? Http.get(at(asked)) : post(asked, CALL);
      Answer wrong = isRead ? post(asked, CALL) : Http.get(at(asked));
      assertThat(right.status()).as(path).isEqualTo(path.equals("/openapi.json") ? 200 : 401);
      assertThat(wrong.status()).as("the other method on %s", path).isEqualTo(405);
    }
    assertThat(post("/v1/complete", CALL).status()).isEqualTo(404);
  }

  @Test
  void everyReferenceOfTheDescriptionLeadsSomewhere() {
    assertThat(api.document().findValuesAsText("$ref"))
        .isNotEmpty()
        .allSatisfy(
            ref -> assertThat(api.document().at(ref.substring(1)).isMissingNode()).isFalse());
  }

  @Test
  void answersAndRefusalsAreOfTheDescribedForm() {
    var agent = fixture.agent();
    String token = agent.bootstrap().text("access_token");
    var paths = new ArrayList<>(ANTHROPIC);
    paths.addAll(OPENAI);
    for (String path : paths) {
      describes(401, post(path, CALL));
      describes(401, post(path, CALL, "x-api-key", "nonsense"));
      describes(400, post(path, "{", "x-api-key", token));
      describes(400, post(path, "{}", "x-api-key", token));
      describes(415, postAs("text/plain", path, CALL, "x-api-key", token));
      describes(415, postAs("application/json; charset=utf-16", path, CALL, "x-api-key", token));
      byte[] utf16 = CALL.getBytes(StandardCharsets.UTF_16);
      describes(400, Http.post(at(path), utf16, "application/json", "x-api-key", token));
    }
    for (String path : EXECUTE) {
      String operation = "{\"connector\":\"nobodys\",\"operation\":\"x\"}";
      describes(401, post(path, operation));
      describes(401, post(path, operation, "x-api-key", "nonsense"));
      describes(400, post(path, "{", "x-api-key", token));
      describes(422, post(path, "{}", "x-api-key", token));
      describes(404, post(path, operation, "x-api-key", token));
      describes(415, postAs("text/plain", path, operation, "x-api-key", token));
      describes(413, post(path, "{\"a\":\"" + "x".repeat(300_000) + "\"}", "x-api-key", token));
    }
    for (String path : OPENAI) { // the fixture's one provider is of the other kind
      describes(404, post(path, CALL, "x-api-key", token));
    }
    describes(200, agent.message(token));
    describes(200, Http.get(at("/v1/models"), "x-api-key", token));
    describes(200, Http.get(at("/v1/models"), "x-api-key", token, "anthropic-version", "1"));
    describes(404, Http.get(at("/v1/models/nobodys"), "x-api-key", token));
    describes(401, Http.get(at("/v1/models/nobodys")));
    describes(401, Http.get(at("/v1/models")));
    describes(401, Http.get(at("/v1/models"), "anthropic-version", "1"));
  }

  private void describes(int status, Answer answer) {
    assertThat(answer.status()).as("%s: %s", answer.path(), answer.body()).isEqualTo(status);
    api.describes(answer);
    Map<String, String> marks =
        Map.of("x-redoubt-decision", "permit|deny", "x-redoubt-action", "act_[0-9a-f]{32}");
    marks.forEach((name, form) -> assertThat(answer.header(name)).as(name).matches(form));
  }

  private Answer post(String path, String body, String... headers) {
    return postAs("application/json", path, body, headers);
  }

  private Answer postAs(String mediaType, String path, String body, String... headers) {
    return Http.post(at(path), body.getBytes(StandardCharsets.UTF_8), mediaType, headers);
  }
}
