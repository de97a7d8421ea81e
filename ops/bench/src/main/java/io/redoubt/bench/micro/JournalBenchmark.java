package io.redoubt.bench.micro;

import com.typesafe.config.ConfigFactory;
import io.redoubt.family.TokenFamily;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Clock;
import java.time.Instant;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializers;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The event of a rotation, as the journal keeps it. */
@State(Scope.Benchmark)
public class JournalBenchmark {
  private final ActorSystem system =
      ActorSystem.create(
          "bench",
          ConfigFactory.parseString("pekko.loglevel = WARNING").withFallback(ConfigFactory.load()));
  private final Serialization serialization = SerializationExtension.get(system);
  private final TokenFamily.TokenRotated event = event();
  private final byte[] bytes = serialization.serialize(event).get();
  private final int serializer = serialization.findSerializerFor(event).identifier();
  private final String manifest =
      Serializers.manifestFor(serialization.findSerializerFor(event), event);

  private static TokenFamily.TokenRotated event() {
    Instant now = Clock.systemUTC().instant();
    return new TokenFamily.TokenRotated(
        TokenDigest.of("rdr_"),
        true,
        now.plusSeconds(86_400),
        "0193d1a2b3c47def8123456789abcdef",
        now.plusSeconds(300),
        now);
  }

  @Benchmark
  public byte[] write() {
    return serialization.serialize(event).get();
  }

  @Benchmark
  public Object read() {
    return serialization.deserialize(bytes, serializer, manifest).get();
  }

  @TearDown(Level.Trial)
  public void stop() {
    system.terminate();
  }
}
