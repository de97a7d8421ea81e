package io.redoubt.cli.channel;

import java.util.Locale;
import picocli.CommandLine.Command;

/** The commands about channels. */
@Command(
    name = "channel",
    description = {
      "Say where people are told of requests for approval: in Slack, by a webhook.",
      "What they decide: see `redoubt approvals`."
    },
    subcommands = {
      ChannelList.class,
      ChannelShow.class,
      ChannelSlack.class,
      ChannelWebhook.class,
      ChannelMap.class,
      ChannelUnmap.class,
      ChannelMembers.class,
      ChannelDelete.class
    })
public final class ChannelCommand {
  static final String PATH = "/api/v1/channels";
  static final String MEMBERS = PATH + "/slack/members";

  /** Kinds of channel. */
  enum Kind {
    SLACK,
    WEBHOOK;

    String path() {
      return PATH + "/" + this;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
