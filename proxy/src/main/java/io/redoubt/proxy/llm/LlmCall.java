package io.redoubt.proxy.llm;

import io.redoubt.http.RequestTrace;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.proxy.decide.GovernedCall;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.RequestBodies;
import java.net.InetAddress;
import java.time.Instant;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** One call of a model. */
final class LlmCall extends GovernedCall {
  static final String OPERATION = "llm:generate";

  private final LlmOperation operation;
  private @Nullable String digest;
  private @Nullable RequestFacts facts;
  private @Nullable ProviderSpec provider;

  LlmCall(
      HttpRequest request,
      RequestBodies.Body body,
      LlmOperation operation,
      InetAddress source,
      RequestTrace trace,
      ActionId action,
      Instant at) {
    super(request, body, source, trace, action, at);
    this.operation = operation;
  }

  LlmOperation operation() {
    return operation;
  }

  /** What it says, by an agent that is believed. */
  void carries(String bodyDigest, ByteString what) {
    digest = bodyDigest;
    carries(what);
  }

  void asksFor(RequestFacts what) {
    facts = what;
  }

  void goesTo(@Nullable ProviderSpec which) {
    provider = which;
  }

  @Override
  public AuditBuilder record(NodeIdentity node, AccessClaims who, Verdict verdict) {
    var record = record(node, who, Plane.LLM, OPERATION, verdict, Inspected.REQUEST);
    if (facts != null) {
      record.resource(facts.model()).tools(facts.tools());
    }
    if (digest != null) {
      record.actionDigest(digest);
    }
    if (provider != null) {
      record.connector(provider.name());
    }
    return record;
  }
}
