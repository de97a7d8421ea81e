package io.redoubt.controlplane.decision;

import io.redoubt.controlplane.audit.DecisionLog;
import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.policy.Bundles;
import io.redoubt.controlplane.policy.Policies;
import io.redoubt.http.Replies;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.List;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * {@code GET /api/v1/audit/{id}/explanation}: why an action went the way it did, from its record.
 */
public final class ExplanationRoutes {
  private final DecisionLog log = new DecisionLog();
  private final Policies policies;
  private final Bundles bundles;

  public ExplanationRoutes(Policies policies) {
    this.policies = policies;
    this.bundles = policies.bundles();
  }

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/api/v1/audit/{id}/explanation", Permission.AUDIT_READ, this::explain));
  }

  private Route explain(Call call) {
    var id = call.id("id", ExplanationRoutes::id);
    boolean mayRead = call.operator().may(Permission.POLICIES_READ);
    return Replies.async(
        policies
            .work(
                call.fetch(transaction -> given(transaction, id, mayRead)),
                Explainer::explain,
                (_, _) -> {
                  throw ProblemException.of(
                      ErrorType.UNAVAILABLE, "The texts of that version take too long to be read.");
                })
            .thenApply(it -> Answer.ok(it).route()));
  }

  /** An action and its record share their bits, so either names the other. */
  private static AuditId id(String text) {
    return text.startsWith("act_") ? ActionId.parse(text).auditId() : AuditId.parse(text);
  }

  private Explainer.Case given(Transaction transaction, AuditId id, boolean mayRead) {
    var record =
        log.find(transaction, id).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
    var publication =
        Explainer.version(record).flatMap(version -> bundles.find(transaction, version));
    var content =
        publication.filter(_ -> mayRead).flatMap(it -> bundles.content(transaction, it.version()));
    return new Explainer.Case(record, publication.orElse(null), content.orElse(null));
  }
}
