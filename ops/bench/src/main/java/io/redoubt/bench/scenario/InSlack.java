package io.redoubt.bench.scenario;

import io.redoubt.bench.product.OperatorApi;
import io.redoubt.bench.product.RuntimeFile;
import io.redoubt.controlplane.testing.SlackStandIn;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Somebody who presses the button below a message in a stand-in for Slack, which calls the enclave,
 * as Slack does; the enclave passes that on to the control plane.
 */
final class InSlack implements Approvals.Channel, AutoCloseable {
  private static final String USER = "U0BENCH";
  private static final int LONGEST_SECONDS = 600;

  private final SlackStandIn slack = new SlackStandIn(Clock.systemUTC());
  private final URI callbacks;

  InSlack(OperatorApi api, RuntimeFile.Node node) throws IOException, InterruptedException {
    callbacks = node.agentUrl().resolve("/v1/callbacks/slack");
    var settings =
        Map.of(
            "bot_token", SlackStandIn.TOKEN,
            "signing_secret", SlackStandIn.SIGNING_SECRET,
            "channel_id", SlackStandIn.CHANNEL,
            "team_id", SlackStandIn.TEAM,
            "app_id", SlackStandIn.APP,
            "base_url", slack.url());
    api.putSlack(settings, USER);
  }

  @Override
  public void await(String approval) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS);
    while (slack.of(approval).isEmpty()) {
      if (System.nanoTime() - until > 0) {
        throw new IllegalStateException(approval + " is not shown in Slack");
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  @Override
  public void approve(String approval) throws IOException {
    var message = slack.of(approval).getFirst();
    var answer =
        slack.press(message, "redoubt_approve", USER).to(callbacks, "x-slack-retry-num", "0");
    if (answer.statusCode() != 200) {
      throw new IOException("pressed: " + answer.statusCode() + " " + answer.body());
    }
  }

  /** What it did not like of what it was sent would have been refused by Slack. */
  @Override
  public void close() throws IOException {
    List<String> complaints = slack.complaints();
    slack.close();
    if (!complaints.isEmpty()) {
      throw new IOException("the stand-in complains: " + complaints.getFirst());
    }
  }
}
