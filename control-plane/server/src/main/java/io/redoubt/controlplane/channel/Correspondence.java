package io.redoubt.controlplane.channel;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.controlplane.iam.Members;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.controlplane.policy.Bundles;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.link.ChatCallback;
import io.redoubt.proxy.upstream.TrustedCertificates;
import java.time.Clock;
import java.util.Map;

/** Speaks in channels and listens there: makes the parts of it, and connects them. */
public final class Correspondence implements AutoCloseable {
  private final Channels channels;
  private final Map<ChatCallback, Door> doors;
  private final TeamsOwnership ownership;
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
    var addresses = new Addresses(config.privateHosts());
    this.http = new HttpCaller(addresses, config.requestTimeout());
    this.channels = new Channels(keyring);
    var slack = new SlackApi(http, config.requestTimeout());
    var tokens = new TeamsTokens(config.teams(), http, config.requestTimeout(), clock);
    var teams = new TeamsApi(tokens, http, config.requestTimeout());
    this.ownership = new TeamsOwnership(tokens);
    var keys = new BotKeys(config.teams(), http, config.requestTimeout(), clock);
    var record = new CallbackRecord(database, trail, metrics, clock);
    var gate = new CallbackGate(config, database, record, clock);
    var ballot = new Ballot(database, notices, approvals, members, trail, record, clock);
    var shownArguments = new ShownArguments(bundles);
    this.doors =
        Map.of(
            ChatCallback.SLACK,
            new SlackDoor(
                database,
                new SlackProof(channels, gate, record),
                ballot,
                new Changeable(database, approvals, shownArguments),
                slack,
                record),
            ChatCallback.TEAMS,
            new TeamsDoor(
                database,
                new TeamsProof(config.teams(), keys, gate, record, clock),
                ballot,
                record));
    var mailer =
        new Mailer(
            addresses,
            TrustedCertificates.context(config.mail().caFile(), MailConfig.CA_FILE)
                .getSocketFactory(),
            config.requestTimeout().multipliedBy(ChannelsConfig.MOST_CALLS),
            clock);
    this.postman =
        new Postman(
            config,
            database,
            channels,
            notices,
            shownArguments,
            new Askable(bundles, members),
            Map.of(
                Channel.Kind.SLACK,
                new ChatTeller(job -> new SlackChat(slack, job)),
                Channel.Kind.TEAMS,
                new ChatTeller(job -> new TeamsChat(teams, job)),
                Channel.Kind.WEBHOOK,
                new WebhookTeller(http, config.requestTimeout(), clock),
                Channel.Kind.EMAIL,
                new EmailTeller(mailer)),
            metrics,
            clock);
  }

  Channels channels() {
    return channels;
  }

  TeamsOwnership ownership() {
    return ownership;
  }

  Map<ChatCallback, Door> doors() {
    return doors;
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
