package io.redoubt.bench.micro;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.SigningKey;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Access tokens: the signature alone, and the whole token. */
@State(Scope.Benchmark)
public class AccessTokenBenchmark {
  private static final int MAX_LENGTH = 4096;

  private final SigningKey key = SigningKey.generate();
  private final byte[] message = new byte[400];
  private final byte[] signature = key.sign(message);
  private final AccessClaims claims = claims();
  private final String token = claims.sign(key);
  private final Jws parsed = Jws.parse(Jws.Type.AGENT_ACCESS, token, MAX_LENGTH).orElseThrow();
  private final byte[] payload = parsed.payloadIfSignedBy(key.publicHalf()).orElseThrow();

  private static AccessClaims claims() {
    var clock = Clock.systemUTC();
    Instant now = clock.instant();
    String enclave = "urn:redoubt:enclave:enc_0193d1a2b3c47def8123456789abcdef";
    return new AccessClaims(
        enclave,
        enclave,
        AgentId.next(clock),
        OrganizationId.next(clock),
        new FamilyId(new UUID(1, 2)),
        "0193d1a2b3c47def8123456789abcdef",
        now,
        now.plusSeconds(300),
        List.of(),
        null);
  }

  @Benchmark
  public byte[] es256Sign() {
    return key.sign(message);
  }

  @Benchmark
  public boolean es256Verify() {
    return key.publicHalf().verifies(message, signature);
  }

  @Benchmark
  public String sign() {
    return claims.sign(key);
  }

  @Benchmark
  public Optional<Jws> parse() {
    return Jws.parse(Jws.Type.AGENT_ACCESS, token, MAX_LENGTH);
  }

  @Benchmark
  public Optional<AccessClaims> readClaims() {
    return AccessClaims.read(payload);
  }

  @Benchmark
  public Optional<AccessClaims> parseVerifyRead() {
    return Jws.parse(Jws.Type.AGENT_ACCESS, token, MAX_LENGTH)
        .flatMap(jws -> jws.payloadIfSignedBy(key.publicHalf()))
        .flatMap(AccessClaims::read);
  }
}
