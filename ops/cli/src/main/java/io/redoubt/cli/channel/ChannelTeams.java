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

/** Sets up Microsoft Teams. */
@Command(
    name = "teams",
    description = {
      "Tell people in a channel of Microsoft Teams, and hear there what they decide.",
      "The bot's secret is read from REDOUBT_TEAMS_SECRET, from a file, or asked for."
    })
final class ChannelTeams implements Callable<Integer> {
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Body(
      String appId,
      Disclosed appSecret,
      String tenantId,
      @Nullable String loginTenant,
      String channelId,
      @Nullable String arguments,
      @Nullable String serviceUrl) {}

  @Option(names = "--app", required = true, paramLabel = "ID", description = "The bot: a GUID.")
  String app = "";

  @Option(
      names = "--tenant",
      required = true,
      paramLabel = "ID",
      description = "The directory, whose people alone are heard: a GUID.")
  String tenant = "";

  @Option(
      names = "--channel",
      required = true,
      paramLabel = "ID",
      description = "Where requests are shown: 19:…@thread.tacv2")
  String channel = "";

  @Option(
      names = "--multi-tenant",
      description = "The bot is one of many tenants, with its secret at botframework.com.")
  boolean multiTenant;

  @Option(names = "--no-arguments", description = "Show nothing of a call's arguments.")
  boolean noArguments;

  @Option(names = "--secret-file", paramLabel = "FILE", description = "File with the secret.")
  @Nullable Path secretFile;

  @Option(
      names = "--service-url",
      paramLabel = "URL",
      description = "Of the connector, instead of the one for all regions.")
  @Nullable String serviceUrl;

  private final Session session;

  ChannelTeams(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var body =
        new Body(
            app,
            SecretInput.read(session, secretFile, "REDOUBT_TEAMS_SECRET", "bot's secret"),
            tenant,
            multiTenant ? "botframework.com" : null,
            channel,
            noArguments ? "none" : null,
            serviceUrl);
    JsonNode answer = session.operator().put(ChannelCommand.Kind.TEAMS.path(), body);
    session
        .output()
        .say(
            answer,
            "Requests are shown in "
                + channel
                + ". Say who may decide there with `redoubt channel map --in teams`.");
    return 0;
  }
}
