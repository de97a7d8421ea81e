package io.redoubt.cli.channel;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.SecretInput;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.secret.Disclosed;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Sets up a webhook. */
@Command(
    name = "webhook",
    description = {
      "Post each step of a request to an address, signed.",
      "The secret is read from REDOUBT_WEBHOOK_SECRET, from a file, or asked for."
    })
final class ChannelWebhook implements Callable<Integer> {
  private record Body(String url, Disclosed secret) {}

  @Parameters(paramLabel = "URL", description = "https, at a public address.")
  String url = "";

  @Option(names = "--secret-file", paramLabel = "FILE", description = "File with the secret.")
  @Nullable Path secretFile;

  private final Session session;

  ChannelWebhook(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var body =
        new Body(url, SecretInput.read(session, secretFile, "REDOUBT_WEBHOOK_SECRET", "secret"));
    JsonNode answer = session.operator().put(ChannelCommand.Kind.WEBHOOK.path(), body);
    session.output().say(answer, "Each step of a request is posted to " + url + ".");
    return 0;
  }
}
