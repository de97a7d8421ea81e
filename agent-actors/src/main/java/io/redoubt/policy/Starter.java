package io.redoubt.policy;

import io.redoubt.protocol.policy.PolicyDocument;

/** The policy that a new organization begins with: it can be seen, changed and deleted. */
public final class Starter {
  public static final PolicyDocument DOCUMENT =
      new PolicyDocument(
          "starter",
          """
          // Agents may use models, and models may propose tools.
          permit (
            principal,
            action in [Action::"llm:generate", Action::"tool:call"],
            resource
          );
          """);

  private Starter() {}
}
