package io.redoubt.controlplane.channel;

import java.net.URI;
import java.util.regex.Pattern;

/**
 * What is told of a bot in Microsoft Teams.
 *
 * @param appId of the bot
 * @param tenantId whose people alone are heard
 * @param loginTenant where the bot has its secret: the tenant, or {@link #MULTI_TENANT}
 * @param channelId where requests are shown
 * @param arguments how much of a call's arguments is shown
 * @param serviceUrl of the connector, with a slash at the end; the bot's token goes nowhere else
 */
record TeamsSettings(
    String appId,
    String tenantId,
    String loginTenant,
    String channelId,
    ArgumentsShown arguments,
    URI serviceUrl) {
  static final URI CONNECTOR = URI.create("https://smba.trafficmanager.net/teams/");

  /** Where bots of many tenants have their secret. */
  static final String MULTI_TENANT = "botframework.com";

  static final Pattern GUID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  static final Pattern CHANNEL = Pattern.compile("19:[A-Za-z0-9_-]{1,100}@thread\\.(tacv2|skype)");

  /** What tells the calls for this bot from all others. */
  byte[] ownership() {
    return ownership(appId, tenantId);
  }

  static byte[] ownership(String appId, String tenantId) {
    return Signatures.sha256("teams\n" + appId + "\n" + tenantId);
  }
}
