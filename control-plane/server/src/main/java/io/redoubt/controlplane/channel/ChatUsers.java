package io.redoubt.controlplane.channel;

import java.util.regex.Pattern;

/**
 * How a chat names its users.
 *
 * @param description for who gets it wrong
 */
record ChatUsers(Channel.Kind kind, Pattern form, String description) {
  static final ChatUsers OF_SLACK =
      new ChatUsers(Channel.Kind.SLACK, SlackSettings.USER, "U… of Slack");
  static final ChatUsers OF_TEAMS =
      new ChatUsers(
          Channel.Kind.TEAMS, TeamsSettings.GUID, "the object id of a user in lower case");
}
