package io.redoubt.cli.channel;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.SecretInput;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.secret.Disclosed;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Sets up Slack. */
@Command(
    name = "slack",
    description = {
      "Tell people in a channel of Slack, and hear there what they decide.",
      "The app's secrets are read from REDOUBT_SLACK_TOKEN and REDOUBT_SLACK_SIGNING_SECRET, from"
          + " files, or asked for."
    })
final class ChannelSlack implements Callable<Integer> {
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Body(
      Disclosed botToken,
      Disclosed signingSecret,
      String channelId,
      String teamId,
      String appId,
      @Nullable String arguments,
      @Nullable String baseUrl) {}

  @Option(
      names = "--channel",
      required = true,
      paramLabel = "ID",
      description = "Where requests are shown: C…")
  String channel = "";

  @Option(
      names = "--team",
      required = true,
      paramLabel = "ID",
      description = "The workspace, whose people alone are heard: T…")
  String team = "";

  @Option(names = "--app", required = true, paramLabel = "ID", description = "The app: A…")
  String app = "";

  @Option(names = "--no-arguments", description = "Show nothing of a call's arguments.")
  boolean noArguments;

  @Option(names = "--token-file", paramLabel = "FILE", description = "File with the bot token.")
  @Nullable Path tokenFile;

  @Option(
      names = "--secret-file",
      paramLabel = "FILE",
      description = "File with the signing secret.")
  @Nullable Path secretFile;

  @Option(
      names = "--base-url",
      paramLabel = "URL",
      description = "Of Slack's API, instead of Slack's own.")
  @Nullable String baseUrl;

  private final Session session;

  ChannelSlack(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var body =
        new Body(
            SecretInput.read(session, tokenFile, "REDOUBT_SLACK_TOKEN", "bot token"),
            SecretInput.read(session, secretFile, "REDOUBT_SLACK_SIGNING_SECRET", "signing secret"),
            channel,
            team,
            app,
            noArguments ? "none" : null,
            baseUrl);
    JsonNode answer = session.operator().put(ChannelCommand.Kind.SLACK.path(), body);
    session
        .output()
        .say(
            answer,
            "Requests are shown in "
                + channel
                + ". Say who may decide there with `redoubt channel map`.");
    return 0;
  }
}
