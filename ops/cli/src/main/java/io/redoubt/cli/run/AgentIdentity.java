package io.redoubt.cli.run;

import io.redoubt.cli.run.AgentEndpoint.Granted;
import io.redoubt.cli.run.AgentEndpoint.Refused;
import io.redoubt.cli.run.AgentEndpoint.Silent;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An agent's identity: the access token of the moment, and the one refresh token that may be spent
 * next. Every exchange is committed (G2): the successor is made here before the request goes out,
 * so that a lost answer can be asked for again and never costs the family. One thread exchanges;
 * any may read.
 */
final class AgentIdentity {
  /** An exchange may be repeated for 60 s; this much is left for clocks and the network. */
  private static final Duration REPEAT_WINDOW = Duration.ofSeconds(50);

  /** An exchange may be repeated three times. */
  private static final int MAX_REPEATS = 3;

  /** What an exchange came to. */
  enum Outcome {
    RENEWED,
    /** Not now; the token is not spent. */
    TRY_LATER,
    /** The family is dead. */
    LOST
  }

  private final AgentEndpoint endpoint;
  private final InstantSource clock;

  /** What is presented next; spent only when its successor is known to be accepted. */
  private AgentToken presented;

  private AgentToken successor;
  private @Nullable Instant firstSent;
  private int repeats;

  private volatile @Nullable Current current;
  private volatile String trouble = "";
  private volatile boolean denied;

  private record Current(
      Granted granted, Secret accessToken, Instant issuedAt, Instant expiresAt) {}

  AgentIdentity(AgentEndpoint endpoint, AgentToken bootstrap, InstantSource clock) {
    this.endpoint = endpoint;
    this.clock = clock;
    this.presented = bootstrap;
    this.successor = AgentToken.mint(AgentToken.Kind.REFRESH, bootstrap.handle());
  }

  /** One attempt to exchange the presented token for its successor. */
  Outcome exchange() {
    if (firstSent != null
        && repeats >= MAX_REPEATS
        && clock.instant().isBefore(firstSent.plus(REPEAT_WINDOW))) {
      return Outcome.TRY_LATER;
    }
    Instant now = clock.instant();
    Function<TokenDigest, AgentEndpoint.Reply> call =
        current == null
            ? next -> endpoint.bootstrap(presented, next)
            : next -> endpoint.refresh(presented, next);
    return switch (call.apply(successor.digest())) {
      case Granted answer -> accept(answer, now);
      case Refused refused -> refuse(refused);
      case Silent silent -> {
        trouble = silent.message();
        if (silent.sent()) {
          if (firstSent == null) {
            firstSent = now;
          } else {
            repeats++;
          }
        }
        yield Outcome.TRY_LATER;
      }
    };
  }

  private Outcome accept(Granted answer, Instant now) {
    if (answer.accessToken() == null || answer.expiresIn() == null || answer.expiresIn() <= 0) {
      trouble = "the enclave's answer is incomplete";
      return Outcome.LOST;
    }
    current = new Current(answer, answer.accessToken(), now, now.plusSeconds(answer.expiresIn()));
    presented = successor;
    successor = AgentToken.mint(AgentToken.Kind.REFRESH, presented.handle());
    firstSent = null;
    repeats = 0;
    trouble = "";
    denied = false;
    return Outcome.RENEWED;
  }

  private Outcome refuse(Refused refused) {
    trouble = refused.message();
    denied = refused.status() == 403;
    return refused.isFinal() ? Outcome.LOST : Outcome.TRY_LATER;
  }

  /** What the last successful exchange granted. */
  Granted granted() {
    return require().granted();
  }

  String accessToken() {
    return require().accessToken().reveal();
  }

  boolean isExpired() {
    return !clock.instant().isBefore(require().expiresAt());
  }

  /** When it is time for the next exchange: at three fifths of the token's life. */
  Instant renewAt() {
    Current now = require();
    return now.issuedAt()
        .plus(Duration.between(now.issuedAt(), now.expiresAt()).multipliedBy(3).dividedBy(5));
  }

  private Current require() {
    Current known = current;
    if (known == null) {
      throw new IllegalStateException("not bootstrapped yet");
    }
    return known;
  }

  /** Why the last exchange failed; empty where it did not. */
  String trouble() {
    return trouble;
  }

  /** Whether the enclave knows the agent and will not have it now. */
  boolean isDenied() {
    return denied;
  }
}
