package io.redoubt.controlplane.channel;

import com.typesafe.config.Config;
import io.redoubt.controlplane.upstream.BaseUrls;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * Section {@code redoubt.control-plane.channels.teams}; every key is explained in {@code
 * reference.conf}. What is believed of Microsoft is the installation's to say, and no
 * organization's.
 *
 * @param loginUrl with a slash at the end
 * @param keysLive how long keys are believed without asking again
 * @param keysKept how long while nobody answers
 * @param keysPause between two times of asking
 */
public record TeamsConfig(
    URI loginUrl,
    URI openidUrl,
    String issuer,
    Duration keysLive,
    Duration keysKept,
    Duration keysPause) {

  static TeamsConfig from(Config config, String path) {
    var read =
        new TeamsConfig(
            FormChecks.withSlash(url(config, path, "login-url")),
            url(config, path, "openid-url"),
            config.getString("issuer"),
            config.getDuration("keys-live"),
            config.getDuration("keys-kept"),
            config.getDuration("keys-pause"));
    require(!read.issuer().isBlank(), path, "issuer must not be empty");
    require(read.keysLive().isPositive(), path, "keys-live must be greater than zero");
    require(
        read.keysKept().compareTo(read.keysLive()) >= 0,
        path,
        "keys-kept must not be shorter than keys-live");
    require(read.keysPause().isPositive(), path, "keys-pause must be greater than zero");
    return read;
  }

  private static URI url(Config config, String path, String key) {
    return new BaseUrls(List.of())
        .read(config.getString(key))
        .orElseThrow(() ->
            new IllegalArgumentException(
                path + "." + key + " must be an https URL, or one of this machine"));
  }

  private static void require(boolean holds, String path, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(path + "." + otherwise);
    }
  }
}
