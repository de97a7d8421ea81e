package io.redoubt.multinode.product;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The form that every refusal has, whoever refuses and why. */
public final class AnswerForm {
  private static final Pattern URN = Pattern.compile("urn:redoubt:error:[a-z]+(-[a-z]+)*");
  private static final Pattern TRACE = Pattern.compile("[0-9a-f]{32}");

  /** Words that only the inside knows: classes, stack frames, database messages, file paths. */
  private static final Pattern INSIDE =
      Pattern.compile(
          "io\\.redoubt\\.|org\\.apache|org\\.postgresql|com\\.fasterxml|java\\.(lang|util|net|io)\\."
              + "|Exception|\\bat [\\w.$]+\\(|SQLSTATE|ERROR: |syntax error|relation \""
              + "|duplicate key value|/home/|/tmp/|/root/|\\.java:\\d+");

  private AnswerForm() {}

  /** Sentences about a problem document that is none (RFC 9457). */
  public static List<String> problemViolations(Reply reply) {
    var violations = common(reply);
    if (!reply.header("content-type").orElse("").startsWith("application/problem+json")) {
      violations.add("no problem document");
      return named(reply, violations);
    }
    JsonNode problem;
    try {
      problem = reply.json();
    } catch (IllegalArgumentException _) {
      violations.add("a problem document that is no JSON");
      return named(reply, violations);
    }
    if (!URN.matcher(problem.path("type").asText()).matches()) {
      violations.add("no type of the closed list");
    }
    if (problem.path("status").asInt() != reply.status()) {
      violations.add("another status inside than outside");
    }
    if (problem.path("title").asText().isBlank()) {
      violations.add("no title");
    }
    if (!TRACE.matcher(problem.path("trace_id").asText()).matches()) {
      violations.add("no trace id");
    }
    return named(reply, violations);
  }

  /** Sentences about a refusal that Anthropic's SDKs would not understand. */
  public static List<String> anthropicViolations(Reply reply) {
    var violations = common(reply);
    JsonNode body = jsonOrMissing(reply);
    if (!body.path("type").asText().equals("error")
        || body.path("error").path("type").asText().isBlank()
        || body.path("error").path("message").asText().isBlank()) {
      violations.add("not Anthropic's error envelope");
    }
    return named(reply, violations);
  }

  /** Sentences about a refusal that OpenAI's SDKs would not understand. */
  public static List<String> openAiViolations(Reply reply) {
    var violations = common(reply);
    JsonNode body = jsonOrMissing(reply);
    if (body.path("error").path("message").asText().isBlank()
        || body.path("error").path("type").asText().isBlank()) {
      violations.add("not OpenAI's error envelope");
    }
    return named(reply, violations);
  }

  /** Sentences about a refusal that OAuth's clients would not understand (RFC 6749 §5.2). */
  public static List<String> oauthViolations(Reply reply) {
    var violations = common(reply);
    if (jsonOrMissing(reply).path("error").asText().isBlank()) {
      violations.add("not OAuth's error body");
    }
    return named(reply, violations);
  }

  /** What was said of the inside; empty: nothing. */
  public static List<String> leaks(String text) {
    return INSIDE.matcher(text).results().map(match -> "leaks \"" + match.group() + "\"").toList();
  }

  private static List<String> common(Reply reply) {
    var violations = new ArrayList<>(leaks(reply.text()));
    boolean hasToWait = reply.status() == 503 || reply.status() == 429;
    if (hasToWait && reply.header("retry-after").filter(s -> s.matches("\\d+")).isEmpty()) {
      violations.add("no Retry-After");
    }
    return violations;
  }

  private static JsonNode jsonOrMissing(Reply reply) {
    try {
      return reply.json();
    } catch (IllegalArgumentException _) {
      return Documents.object();
    }
  }

  private static List<String> named(Reply reply, List<String> violations) {
    return violations.stream().map(violation -> violation + ": " + reply).toList();
  }
}
