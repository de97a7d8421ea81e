package io.redoubt.action;

import io.redoubt.ClusterMessage;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import java.net.InetAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An action that an agent wants to take, in the one form that every plane uses.
 *
 * @param operation Cedar's action, such as {@code llm:generate}
 * @param resource what it acts on, such as the name of a model
 * @param within what the resource is in, such as the name of a provider; null: nothing is known
 * @param digest SHA-256 of the canonical request, hex
 * @param bringsCredential whether the agent carries an upstream credential of its own
 * @param findings what was found in it, by kind
 * @param arguments of a call; none where it is no call, or a node of an older release asks
 * @param tools what a request to a model declares; null: it is none, or a node of an older release
 *     asks
 * @param estimate what it takes of a budget at most; null: nothing
 * @param approved the grant that it wants to pass by; null: none
 */
public record GovernedAction(
    ActionId id,
    Plane plane,
    String operation,
    String resource,
    @Nullable String within,
    String digest,
    InetAddress source,
    boolean bringsCredential,
    Set<String> findings,
    Arguments arguments,
    @Nullable DeclaredTools tools,
    @Nullable Estimate estimate,
    @Nullable Approved approved)
    implements ClusterMessage {
  public GovernedAction {
    findings = Set.copyOf(findings);
    arguments = arguments == null ? Arguments.NONE : arguments;
  }

  /** A call, which costs nothing of a budget, and which nobody has approved. */
  public GovernedAction(
      ActionId id,
      Plane plane,
      String operation,
      String resource,
      @Nullable String within,
      String digest,
      InetAddress source,
      boolean bringsCredential,
      Set<String> findings,
      Arguments arguments) {
    this(
        id,
        plane,
        operation,
        resource,
        within,
        digest,
        source,
        bringsCredential,
        findings,
        arguments,
        null,
        null,
        null);
  }

  /** The same, with the grant that it wants to pass by. */
  public GovernedAction with(Approved grant) {
    return new GovernedAction(
        id,
        plane,
        operation,
        resource,
        within,
        digest,
        source,
        bringsCredential,
        findings,
        arguments,
        tools,
        estimate,
        grant);
  }

  /** One without arguments that costs nothing. */
  public GovernedAction(
      ActionId id,
      Plane plane,
      String operation,
      String resource,
      @Nullable String within,
      String digest,
      InetAddress source,
      boolean bringsCredential,
      Set<String> findings) {
    this(
        id,
        plane,
        operation,
        resource,
        within,
        digest,
        source,
        bringsCredential,
        findings,
        Arguments.NONE);
  }

  /** The same, a request to a model that declares these. */
  public GovernedAction declaring(DeclaredTools declared) {
    return new GovernedAction(
        id,
        plane,
        operation,
        resource,
        within,
        digest,
        source,
        bringsCredential,
        findings,
        arguments,
        declared,
        estimate,
        approved);
  }

  /** The same, that takes so much of a budget at most. */
  public GovernedAction costing(@Nullable Estimate most) {
    return new GovernedAction(
        id,
        plane,
        operation,
        resource,
        within,
        digest,
        source,
        bringsCredential,
        findings,
        arguments,
        tools,
        most,
        approved);
  }
}
