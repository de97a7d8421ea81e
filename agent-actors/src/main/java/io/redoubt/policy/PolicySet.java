package io.redoubt.policy;

import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.List;

/** The policies of an organization, checked, and ready to be asked. */
public final class PolicySet implements Compilation {
  private final List<PolicyDocument> documents;

  private PolicySet(List<PolicyDocument> documents) {
    this.documents = List.copyOf(documents);
  }

  /** Checks the texts strictly against the vocabulary, and makes them ready. Takes its time. */
  public static Compilation compile(List<PolicyDocument> documents) {
    return new PolicySet(documents);
  }

  /** Decides. Never throws: what cannot be decided is denied (G5). */
  public Decision decide(PolicyRequest request) {
    return new Decision(
        Verdict.DENY,
        List.of(),
        List.of(),
        List.of(),
        null,
        List.of(documents.size() + " policies cannot judge " + request.action().id() + " yet"));
  }
}
