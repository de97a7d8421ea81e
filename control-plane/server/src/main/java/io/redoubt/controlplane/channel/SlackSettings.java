package io.redoubt.controlplane.channel;

import java.net.URI;
import java.util.regex.Pattern;

/**
 * What is told of a Slack app.
 *
 * @param channelId where requests are shown
 * @param teamId the workspace, whose people alone are heard
 * @param appId the app that callbacks come from
 * @param arguments how much of a call's arguments is shown
 * @param baseUrl of Slack's API, with a slash at the end
 */
record SlackSettings(
    String channelId, String teamId, String appId, ArgumentsShown arguments, URI baseUrl) {
  static final URI SLACK = URI.create("https://slack.com/api/");

  static final Pattern CHANNEL = Pattern.compile("[CG][A-Z0-9]{2,20}");
  static final Pattern TEAM = Pattern.compile("T[A-Z0-9]{2,20}");
  static final Pattern APP = Pattern.compile("A[A-Z0-9]{2,20}");
  static final Pattern USER = Pattern.compile("[UW][A-Z0-9]{2,20}");
}
