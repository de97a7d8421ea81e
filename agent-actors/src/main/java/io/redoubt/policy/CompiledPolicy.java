package io.redoubt.policy;

import org.jspecify.annotations.Nullable;

/**
 * A policy that was checked.
 *
 * @param id the document's name; of its second policy on, with a number or the policy's own
 *     {@code @id}
 * @param forbids whether it forbids; otherwise it permits
 * @param body what Cedar is asked where the scope matches: the policy without its scope
 * @param conditional whether it has conditions; without any it holds wherever its scope matches
 * @param escalate workflow that may lift it; null: none may
 * @param alert what it reports when it decides; null: nothing
 * @param shadow whether it is only watched
 */
record CompiledPolicy(
    String id,
    String text,
    Scope scope,
    String body,
    boolean forbids,
    boolean conditional,
    Consulted consulted,
    @Nullable String escalate,
    @Nullable String alert,
    boolean shadow) {}
