package io.redoubt.enclave.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import java.net.http.HttpHeaders;

/** What a server answered. */
public record Answer(String method, String path, int status, HttpHeaders headers, String body) {
  public JsonNode json() {
    try {
      return Json.LENIENT.readTree(body);
    } catch (JsonProcessingException e) {
      throw new AssertionError("no JSON: " + body, e);
    }
  }

  public String header(String name) {
    return headers.firstValue(name).orElse("");
  }

  /** Last part of a problem's type. */
  public String problem() {
    return json().path("type").asText().replace("urn:redoubt:error:", "");
  }

  public String text(String field) {
    return TestAgent.text(this, field);
  }
}
