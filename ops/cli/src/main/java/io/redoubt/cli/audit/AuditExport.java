package io.redoubt.cli.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes audit records as newline-delimited JSON. */
@Command(name = "export", description = "Write audit records as JSON, one on each line.")
final class AuditExport implements Callable<Integer> {
  private static final int REPORT_EVERY = 1_000;

  @Mixin AuditFilter filter = new AuditFilter();

  @Option(names = "--file", paramLabel = "FILE", description = "Instead of standard output.")
  @Nullable Path file;

  private final Session session;

  AuditExport(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    String query = filter.query(session).toString();
    if (file == null) {
      session.operator().stream(query, session.output()::jsonLine);
      return 0;
    }
    var count = new AtomicLong();
    try (var progress = session.progress();
        var writer = Files.newBufferedWriter(file)) {
      session.operator().stream(
          query,
          record -> {
            write(writer, record);
            if (count.incrementAndGet() % REPORT_EVERY == 0) {
              progress.say(count + " records");
            }
          });
    } catch (IOException | UncheckedIOException e) {
      throw new CommandFailure(ExitCode.FAILED, file + " cannot be written.", e);
    }
    session.remark(count + " records written to " + file + ".");
    return 0;
  }

  private static void write(Writer writer, JsonNode record) {
    try {
      writer.write(Json.LENIENT.writeValueAsString(record));
      writer.write('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
