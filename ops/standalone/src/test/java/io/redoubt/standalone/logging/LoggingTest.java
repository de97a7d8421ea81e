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
