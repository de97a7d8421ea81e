package io.redoubt.cli.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.OperatorApi;
import io.redoubt.cli.api.OperatorApi.Recorded;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import io.redoubt.cli.settings.PrivateFiles;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.text.PlainText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what is kept of a call of a model. */
@Command(
    name = "payload",
    description = {
      "Show what is kept of a call of a model: what the agent sent, and what the model answered.",
      "Asks the enclave that has it, at --enclave-url. Whoever reads a half of it is on record."
    })
final class AuditPayload implements Callable<Integer> {
  private static final String RECORD = "aud_";

  /** The halves of a call. */
  enum Part {
    REQUEST,
    REPLY;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Parameters(
      paramLabel = "ACTION",
      description = "Which call: act_…, or the id of its audit record, aud_…")
  String action = "";

  @Option(
      names = "--part",
      paramLabel = "PART",
      description = {
        "Read this half: ${COMPLETION-CANDIDATES}. Left out: say what is kept, and read nothing."
      })
  @Nullable Part part;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Write it there byte for byte, for its owner alone; needs --part.")
  @Nullable Path file;

  @Option(
      names = "--at-enclave",
      description = {
        "Let the enclave itself say who is asking: for the time when the control plane is away.",
        "The client must be one that may break the glass."
      })
  boolean atEnclave;

  private final Session session;

  AuditPayload(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    String id = action.startsWith(RECORD) ? "act_" + action.substring(RECORD.length()) : action;
    String path = "/v1/operator/actions/" + Query.encode(id) + "/payloads";
    if (part != null) {
      show(id, part, enclave().bytes(path + "/" + part));
      return 0;
    }
    if (file != null) {
      throw CommandFailure.usage("Say with --part what is to be written to " + file + ".");
    }
    JsonNode kept = enclave().get(path);
    session.output().show(kept, () -> table(kept));
    if (!session.output().isJson()) {
      session.output().line("");
      session.output().line("action digest  " + Table.text(kept, "action_digest"));
    }
    return 0;
  }

  private OperatorApi enclave() {
    return atEnclave
        ? session.breakGlass()
        : session.enclaveNode(session.settings().requireEnclaveUrl());
  }

  private static Table table(JsonNode kept) {
    var table =
        new Table("part", "media type", "bytes", "truncated", "recorded at", "delete after");
    for (Part each : Part.values()) {
      table.row(
          each.toString(),
          Table.text(kept, each + ".media_type"),
          Table.text(kept, each + ".bytes"),
          Table.text(kept, each + ".truncated"),
          Table.text(kept, each + ".recorded_at"),
          Table.text(kept, each + ".delete_after"));
    }
    return table;
  }

  private void show(String id, Part half, Recorded recorded) {
    if (recorded.truncated()) {
      session.remark("it was cut short when it was recorded: this is how it began.");
    }
    String digest = sha256(recorded.bytes());
    if (file != null) {
      write(file, recorded.bytes());
      session.remark(
          "%d bytes written to %s, SHA-256 %s.".formatted(recorded.bytes().length, file, digest));
    } else if (session.output().isJson()) {
      session
          .output()
          .json(
              Json.LENIENT
                  .createObjectNode()
                  .put("action_id", id)
                  .put("part", half.toString())
                  .put("truncated", recorded.truncated())
                  .put("sha256", digest)
                  .put("base64", recorded.bytes()));
    } else {
      PlainText.shown(new String(recorded.bytes(), StandardCharsets.UTF_8))
          .lines()
          .forEach(session.output()::line);
    }
  }

  private static void write(Path file, byte[] bytes) {
    try {
      PrivateFiles.write(file, bytes);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILED, file + " cannot be written.", e);
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
