package io.redoubt.controlplane;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpHeaders;

/** What a server answered; {@code body} is missing where there was none, or none of JSON. */
record Reply(int status, HttpHeaders headers, String text, JsonNode body) {
  JsonNode at(String pointer) {
    return body.at(pointer);
  }

  String text(String pointer) {
    return body.at(pointer).asText();
  }

  String header(String name) {
    return headers.firstValue(name).orElse("");
  }

  /** Last part of the problem's type. */
  String problem() {
    return body.path("type").asText().replace("urn:redoubt:error:", "");
  }
}
