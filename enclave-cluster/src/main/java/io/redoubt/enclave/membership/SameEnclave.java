package io.redoubt.enclave.membership;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.pekko.cluster.ConfigValidation;
import org.apache.pekko.cluster.JoinConfigCompatChecker;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Lets nobody in who is of another enclave, works on another schema or measures leases differently,
 * however he found the way here. Made by Pekko, by name.
 */
public final class SameEnclave extends JoinConfigCompatChecker {
  private static final String ENCLAVE = "redoubt.cluster-identity.enclave";
  private static final String SCHEMA = "redoubt.cluster-identity.schema";
  private static final String LEASE = "redoubt.cluster-identity.lease-millis";

  /** What the actor system's configuration must hold for it. */
  public static Map<String, Object> settings(String enclave, String schema, Duration lease) {
    return Map.of(
        ENCLAVE,
        enclave,
        SCHEMA,
        schema,
        LEASE,
        lease.toMillis(),
        "pekko.cluster.configuration-compatibility-check.checkers.redoubt",
        SameEnclave.class.getName());
  }

  @Override
  public Seq<String> requiredKeys() {
    return CollectionConverters.asScala(List.of(ENCLAVE, SCHEMA, LEASE)).toSeq();
  }

  @Override
  public ConfigValidation check(Config theirs, Config ours) {
    return JoinConfigCompatChecker.fullMatch(requiredKeys(), theirs, ours);
  }
}
