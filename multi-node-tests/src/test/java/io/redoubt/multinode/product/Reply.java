package io.redoubt.multinode.product;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpHeaders;
import java.util.Optional;

/** An HTTP answer, read whole. */
public record Reply(int status, HttpHeaders headers, String text) {
  /** Characters of a body that a failure shows. */
  private static final int SHOWN = 500;

  public JsonNode json() {
    return Documents.parse(text);
  }

  public Optional<String> header(String name) {
    return headers.firstValue(name);
  }

  /** Last part of a problem's type, such as {@code not-found}; empty for anything else. */
  public String problem() {
    return header("content-type").orElse("").startsWith("application/problem+json")
        ? json().path("type").asText().replace("urn:redoubt:error:", "")
        : "";
  }

  @Override
  public String toString() {
    return status + " " + headers.map() + " " + text.substring(0, Math.min(SHOWN, text.length()));
  }
}
