package io.redoubt.controlplane.channel;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.controlplane.iam.Members;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.controlplane.policy.Bundles;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import java.time.Clock;
import java.util.Map;

/** Speaks in channels and listens there: makes the parts of it, and connects them. */
public final class Correspondence implements AutoCloseable {
  private final Channels channels;
  private final SlackDoor door;
  private final HttpCaller http;
  private final Postman postman;

  public Correspondence(
      ChannelsConfig config,
      Database database,
      Keyring keyring,
      Notices notices,
      Approvals approvals,
      Members members,
      Bundles bundles,
      Trail trail,
      MeterRegistry metrics,
      Clock clock) {
    this.http = new HttpCaller(new Addresses(config.privateHosts()), config.requestTimeout());
    this.channels = new Channels(keyring);
    var slack = new SlackApi(http, config.requestTimeout());
    this.door =
        new SlackDoor(
            config, database, channels, notices, approvals, members, slack, trail, metrics, clock);
    this.postman =
        new Postman(
            config,
            database,
            channels,
            notices,
            new ShownArguments(bundles),
            Map.of(
                Channel.Kind.SLACK,
                new SlackTeller(slack),
                Channel.Kind.WEBHOOK,
                new WebhookTeller(http, config.requestTimeout(), clock)),
            metrics,
            clock);
  }

  public Channels channels() {
    return channels;
  }

  public SlackDoor door() {
    return door;
  }

  /** Begins to speak. */
  public void start() {
    postman.start();
  }

  /** Lets calls under way end. */
  @Override
  public void close() {
    postman.close();
    http.close();
  }
}
