package io.redoubt.bench.micro;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Clock;
import java.util.Optional;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Refresh tokens: made, read, hashed. */
@State(Scope.Benchmark)
public class TokenBenchmark {
  private final FamilyHandle handle =
      FamilyHandle.create(OrganizationId.next(Clock.systemUTC()), AgentId.next(Clock.systemUTC()));
  private final AgentToken token = AgentToken.mint(AgentToken.Kind.REFRESH, handle);
  private final String text = token.reveal();

  @Benchmark
  public AgentToken mint() {
    return AgentToken.mint(AgentToken.Kind.REFRESH, handle);
  }

  @Benchmark
  public Optional<AgentToken> parse() {
    return AgentToken.parse(AgentToken.Kind.REFRESH, text);
  }

  @Benchmark
  public TokenDigest digest() {
    return token.digest();
  }
}
