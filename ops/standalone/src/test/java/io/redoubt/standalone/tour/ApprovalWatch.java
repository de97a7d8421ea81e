package io.redoubt.standalone.tour;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What {@code approvals watch} says while something happens. */
final class ApprovalWatch implements AutoCloseable {
  private final Path out;
  private final Process process;

  ApprovalWatch(Product product, Path directory, String name, String... options)
      throws IOException {
    out = directory.resolve(name + ".out");
    var words = new ArrayList<>(List.of("approvals", "watch", "-o", "json"));
    words.addAll(List.of(options));
    process =
        product.start(
            Map.of(), out, directory.resolve(name + ".err"), words.toArray(String[]::new));
  }

  /** The lines so far; each says how a request stands, or stood. */
  private List<JsonNode> lines() {
    try {
      return Files.readAllLines(out).stream().map(ApprovalWatch::json).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode json(String line) {
    try {
      return Json.LENIENT.readTree(line);
    } catch (IOException e) {
      throw new UncheckedIOException(line, e);
    }
  }

  /** The request about that, as soon as there is a line of it. */
  String awaitOne(String about) {
    return await("a line about " + about)
        .atMost(ApprovalStage.SOON)
        .until(
            () ->
                lines().stream()
                    .filter(line -> line.at("/arguments/about").asText().equals(about))
                    .map(line -> line.path("id").asText())
                    .toList(),
            ids -> !ids.isEmpty())
        .getFirst();
  }

  /** How it stood at each of its lines, and in which tier. */
  List<String> allOf(String approval) {
    return lines().stream()
        .filter(line -> line.path("id").asText().equals(approval))
        .map(line -> line.path("status").asText() + " " + line.path("tier").asText())
        .toList();
  }

  void awaitLine(String approval, String standing) {
    await("watch says that it is " + standing)
        .atMost(ApprovalStage.SOON)
        .until(() -> allOf(approval).contains(standing));
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}
