package io.redoubt.enclave;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import java.time.Clock;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

/**
 * What an enclave takes from the process it runs in.
 *
 * @param prometheusText what {@code /metrics} answers
 * @param nanos what leases are measured by: {@link System#nanoTime()}, which goes on while the
 *     process stands still (G2)
 * @param tls for the agent, acting and management servers; empty: plain HTTP, on loopback only
 */
public record EnclaveEnvironment(
    MeterRegistry metrics,
    Supplier<String> prometheusText,
    Tracer tracer,
    Clock clock,
    LongSupplier nanos,
    Optional<SSLContext> tls) {

  /** The same by another clock. */
  EnclaveEnvironment at(Clock other) {
    return new EnclaveEnvironment(metrics, prometheusText, tracer, other, nanos, tls);
  }
}
