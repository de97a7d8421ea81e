package io.redoubt.multinode.badinput;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.net.URI;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One line of an API description.
 *
 * @param pathParameters and the patterns that their values have, perhaps empty
 * @param mediaType of the body; empty: there is none
 * @param body schema of the body, references resolved
 * @param documented the statuses that the description names
 * @param streams whether a success is held open
 */
record Endpoint(
    URI server,
    String method,
    String template,
    Map<String, String> pathParameters,
    List<String> queryParameters,
    String mediaType,
    boolean bodyRequired,
    JsonNode body,
    boolean secured,
    Set<Integer> documented,
    boolean streams) {

  /** In which form it refuses. */
  enum Form {
    PROBLEM,
    ANTHROPIC,
    OPENAI,
    OAUTH
  }

  /** Whose credential it takes. */
  enum Credential {
    NONE,
    OPERATOR,
    ENCLAVE,
    AGENT
  }

  private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)}");
  private static final Pattern ID = Pattern.compile("\\^?\\(?([a-z]{3}_)");

  /** An endpoint that no description holds. */
  static Endpoint undescribed(URI server, String method, String path) {
    return new Endpoint(
        server,
        method,
        path,
        Map.of(),
        List.of(),
        method.equals("GET") ? "" : "application/json",
        true,
        MissingNode.getInstance(),
        true,
        Set.of(),
        false);
  }

  Form form() {
    if (template.endsWith("/token") && !template.contains("bootstrap")) {
      return Form.OAUTH;
    }
    if (template.startsWith("/v1/messages")) {
      return Form.ANTHROPIC;
    }
    return template.matches("/v1/(chat/completions|responses|embeddings|models(/.*)?)")
        ? Form.OPENAI
        : Form.PROBLEM;
  }

  Credential credential() {
    if (!secured) {
      return Credential.NONE;
    }
    if (template.startsWith("/enclave/")) {
      return Credential.ENCLAVE;
    }
    return template.startsWith("/api/")
            || template.startsWith("/v1/operator/")
            || template.equals("/v1/cluster")
            || template.equals("/metrics")
        ? Credential.OPERATOR
        : Credential.AGENT;
  }

  /** Whether somebody calls who has no credential of ours, and signs instead. */
  boolean isCallback() {
    return template.contains("/callbacks/");
  }

  boolean hasBody() {
    return !mediaType.isEmpty();
  }

  boolean takesJson() {
    return mediaType.equals("application/json");
  }

  /** The path with ids that are well-formed and nobody's. */
  String pathOfNobody() {
    return pathWith(parameter -> unknownId(pathParameters.getOrDefault(parameter, "")));
  }

  /** The path with the same text for each parameter. */
  String pathWith(UnaryOperator<String> value) {
    Matcher matcher = PARAMETER.matcher(template);
    return matcher.replaceAll(match -> Matcher.quoteReplacement(value.apply(match.group(1))));
  }

  /** An identifier (UUIDv7) that was never given to anything. */
  static String unknownId(String pattern) {
    Matcher prefix = ID.matcher(pattern);
    if (!prefix.find()) {
      return "nobody";
    }
    var random = ThreadLocalRandom.current();
    String digits =
        HexFormat.of().toHexDigits(random.nextLong())
            + HexFormat.of().toHexDigits(random.nextLong());
    return prefix.group(1)
        + "0199"
        + digits.substring(0, 8)
        + "7"
        + digits.substring(8, 11)
        + "8"
        + digits.substring(11, 26);
  }

  @Override
  public String toString() {
    return method + " :" + server.getPort() + template;
  }
}
