package io.redoubt.http;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.net.IpLiteral;
import io.redoubt.protocol.problem.ProblemException;
import java.net.InetAddress;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class StrangersTest {
  private static final InetAddress HERE = IpLiteral.parse("2001:db8::1");
  private static final InetAddress NEXT_DOOR = IpLiteral.parse("2001:db8::ffff");
  private static final InetAddress ELSEWHERE = IpLiteral.parse("2001:db8:0:1::1");

  private long now = 1_000_000;
  private final InstantSource clock = () -> Instant.ofEpochMilli(now);
  private final Strangers strangers = new Strangers(new RateLimiter(1, 2, 10, clock), 10, clock);

  @Test
  void whoGuessesTooOftenWaitsAndNobodyElseDoes() {
    for (int i = 0; i < 3; i++) {
      strangers.admit(HERE);
      strangers.note(HERE);
    }

    assertThatThrownBy(() -> strangers.admit(HERE)).isInstanceOf(ProblemException.class);
    assertThatThrownBy(() -> strangers.admit(NEXT_DOOR))
        .as("one host has a whole /64")
        .isInstanceOf(ProblemException.class);
    assertThatCode(() -> strangers.admit(ELSEWHERE)).doesNotThrowAnyException();
    now += 1_000;
    assertThatCode(() -> strangers.admit(HERE)).doesNotThrowAnyException();
  }
}
