package io.redoubt.cli.channel;

import java.util.Locale;
import picocli.CommandLine.Command;

/** The commands about channels. */
@Command(
    name = "channel",
    description = {
      "Say where people are told of requests for approval: in Slack, in Teams, by a webhook, by"
          + " e-mail.",
      "What they decide: see `redoubt approvals`."
    },
    subcommands = {
      ChannelList.class,
      ChannelShow.class,
      ChannelSlack.class,
      ChannelTeams.class,
      ChannelWebhook.class,
      ChannelEmail.class,
      ChannelMap.class,
      ChannelUnmap.class,
      ChannelMembers.class,
      ChannelDelete.class
    })
public final class ChannelCommand {
  static final String PATH = "/api/v1/channels";

  /** Those that people decide in. */
  enum Chat {
    SLACK(Kind.SLACK),
    TEAMS(Kind.TEAMS);

    private final Kind kind;

    Chat(Kind kind) {
      this.kind = kind;
    }

    String membersPath() {
      return kind.path() + "/members";
    }

    @Override
    public String toString() {
      return kind.toString();
    }
  }

  /** Kinds of channel. */
  enum Kind {
    SLACK,
    TEAMS,
    WEBHOOK,
    EMAIL;

    String path() {
      return PATH + "/" + this;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
