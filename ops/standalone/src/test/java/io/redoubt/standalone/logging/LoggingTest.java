package io.redoubt.standalone.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class LoggingTest {
  private static final List<String> SECRETS =
      List.of(
          "rdb_AAAAAAAAAAAA.BBBBBBBB.CCCC",
          "rdr_AAAAAAAAAAAA.BBBBBBBB.CCCC",
          "rde_enc_0123.BBBBBBBB.CCCC",
          "rdc_cli_0123.BBBBBBBB.CCCC",
          "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl",
          "sk-ant-api03-abcdefghijk");

  @TempDir Path directory;

  @Test
  void nothingThatLooksLikeASecretGetsIntoTheLog() throws IOException {
    Logging.toFiles(directory, "test");
    var log = LoggerFactory.getLogger("io.redoubt.test");

    for (String secret : SECRETS) {
      log.info("it was {} then", secret);
      log.info("failed", new IllegalStateException("with " + secret));
    }
    ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();

    List<String> lines = Files.readAllLines(directory.resolve("test.json"));
    assertThat(lines).hasSize(2 * SECRETS.size());
    assertThat(lines).allSatisfy(line -> assertThat(line).doesNotContain(SECRETS));
    JsonNode first = Json.LENIENT.readTree(lines.getFirst());
    assertThat(first.path("message").asText()).isEqualTo("it was *** then");
    assertThat(first.path("level").asText()).isEqualTo("INFO");
  }

  /** Pekko logs in the name of the server that it was given, or else in its own. */
  @ParameterizedTest
  @ValueSource(strings = {"io.redoubt.http.HttpServer", "org.apache.pekko.actor.ActorSystemImpl"})
  void aReplyThatIsCutIsNoError(String logger) throws IOException {
    Logging.toFiles(directory, "test");
    var log = LoggerFactory.getLogger(logger);
    String failed =
        "Response stream for [POST /v1/messages] failed with '%s'. Aborting connection.";

    log.error(
        failed.formatted("the reply was broken off: CUT"),
        new IllegalStateException("the reply was broken off: CUT"));
    log.error(failed.formatted("the reply was broken off: CLIENT_GONE"));
    log.error(failed.formatted("the reply was broken off: BROKEN"));
    log.error(failed.formatted("a fault of ours"));
    ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();

    assertThat(Files.readAllLines(directory.resolve("test.json")))
        .satisfiesExactly(
            line -> assertThat(line).contains("broken off: BROKEN"),
            line -> assertThat(line).contains("a fault of ours"));
  }

  @Test
  void whatIsNoSecretStays() {
    assertThat(SecretPatterns.mask("agt_0123 rotated act_99 at jdbc:postgresql://h:1/d"))
        .isEqualTo("agt_0123 rotated act_99 at jdbc:postgresql://h:1/d");
    assertThat(SecretPatterns.mask("postgresql://user:secret@host/db"))
        .isEqualTo("postgresql://***@host/db");
    assertThat(SecretPatterns.mask("Authorization: Basic dXNlcjpzZWNyZXQ="))
        .isEqualTo("Authorization: Basic ***");
  }
}
