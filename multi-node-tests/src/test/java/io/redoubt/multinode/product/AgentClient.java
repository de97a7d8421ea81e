package io.redoubt.multinode.product;

import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.history.Rotation;
import java.time.Duration;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An honest agent: it keeps its newest token, and after a lost answer it asks again as G2 lets it.
 * One thread uses it at a time.
 */
public final class AgentClient {
  /** Who makes the next refresh token (G2). */
  public enum Successors {
    BY_ENCLAVE,
    BY_CLIENT
  }

  /** What the enclave hears of by a command, it cannot know sooner. */
  private static final Duration AT_LEAST = Duration.ofMillis(20);

  private final TokenEndpoint endpoint;
  private final String id;
  private final Successors successors;
  private volatile String refreshToken;
  private volatile String accessToken;
  private @Nullable String pending;
  private boolean over;

  private AgentClient(
      TokenEndpoint endpoint,
      String id,
      Successors successors,
      String refreshToken,
      String accessToken) {
    this.endpoint = endpoint;
    this.id = id;
    this.successors = successors;
    this.refreshToken = refreshToken;
    this.accessToken = accessToken;
  }

  /** Boots with a one-time token; asks again while the enclave has not heard of it. */
  public static AgentClient boot(
      Product product, TokenEndpoint endpoint, Operator.NewAgent agent, Successors successors) {
    return boot(product, endpoint, agent, successors, Duration.ofMillis(50));
  }

  /**
   * Boots so many agents at once. They ask less often: all come from one address, and a token that
   * the enclave has not heard of counts as a stranger's.
   *
   * @param agents each to be made
   */
  public static List<AgentClient> bootAll(
      Product product,
      TokenEndpoint endpoint,
      int count,
      Supplier<Operator.NewAgent> agents,
      IntFunction<Successors> successors) {
    return AtOnce.times(
        count,
        i -> boot(product, endpoint, agents.get(), successors.apply(i), Duration.ofMillis(250)));
  }

  private static AgentClient boot(
      Product product,
      TokenEndpoint endpoint,
      Operator.NewAgent agent,
      Successors successors,
      Duration again) {
    @Nullable String committed =
        switch (successors) {
          case BY_ENCLAVE -> null;
          case BY_CLIENT -> product.secrets().note(TokenText.successorOf(agent.bootstrapToken()));
        };
    var granted =
        await("bootstrap of " + agent.id())
            .pollDelay(AT_LEAST)
            .atMost(Duration.ofSeconds(20))
            .pollInterval(again)
            .until(
                () ->
                    endpoint.bootstrap(agent.bootstrapToken(), committed)
                            instanceof Attempt.Answered(var reply)
                        ? reply
                        : null,
                reply -> {
                  if (reply != null && reply.status() != 200 && reply.status() < 500) {
                    if (reply.status() != 429) {
                      throw new AssertionError("bootstrap: " + reply);
                    }
                  }
                  return reply != null && reply.status() == 200;
                })
            .json();
    return new AgentClient(
        endpoint,
        agent.id(),
        successors,
        endpoint.successor(granted, committed),
        product.secrets().note(granted.required("access_token").asText()));
  }

  /** Spends the token that stands, or repeats what was not answered. */
  public TokenEndpoint.Outcome rotate() {
    if (successors == Successors.BY_CLIENT && pending == null) {
      pending = TokenText.successorOf(refreshToken);
    }
    var outcome = endpoint.rotate(refreshToken, pending);
    if (outcome.successor() != null && outcome.accessToken() != null) {
      refreshToken = outcome.successor();
      accessToken = outcome.accessToken();
      pending = null;
    }
    over =
        outcome.recorded().answer() instanceof Rotation.Replayed
            || outcome.recorded().answer() instanceof Rotation.Refused;
    return outcome;
  }

  public String id() {
    return id;
  }

  public String refreshToken() {
    return refreshToken;
  }

  public String accessToken() {
    return accessToken;
  }

  /** Whether its family is dead. */
  public boolean over() {
    return over;
  }
}
