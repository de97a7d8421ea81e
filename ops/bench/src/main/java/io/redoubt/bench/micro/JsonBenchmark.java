package io.redoubt.bench.micro;

import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** JSON at the edge and in the audit log. */
@State(Scope.Benchmark)
public class JsonBenchmark {
  /** The body of a refresh request, as the agent endpoint reads it. */
  public record RefreshRequest(
      @Nullable String refreshToken, @Nullable String nextRefreshTokenDigest) {}

  private final Clock clock = Clock.systemUTC();
  private final byte[] request = request();
  private final AuditRecord record =
      new AuditBuilder(
              AuditId.next(clock),
              clock.instant(),
              OrganizationId.next(clock),
              Plane.LLM,
              "llm:generate",
              Verdict.PERMIT)
          .agent(AgentId.next(clock), "mem_0193d1a2b3c47def8123456789abcdef")
          .byAgent()
          .at(EnclaveId.next(clock), "node-1")
          .resource("claude-sonnet-5")
          .trace("4bf92f3577b34da6a3ce929d0e0e4736")
          .build();

  private byte[] request() {
    var handle = FamilyHandle.create(OrganizationId.next(clock), AgentId.next(clock));
    var token = AgentToken.mint(AgentToken.Kind.REFRESH, handle);
    String json =
        "{\"refresh_token\":\""
            + token.reveal()
            + "\",\"next_refresh_token_digest\":\""
            + token.digest()
            + "\"}";
    return json.getBytes(StandardCharsets.UTF_8);
  }

  @Benchmark
  public RefreshRequest readRefreshRequest() throws IOException {
    return Json.STRICT.readValue(request, RefreshRequest.class);
  }

  @Benchmark
  public byte[] writeAuditRecord() {
    return Json.write(record);
  }
}
