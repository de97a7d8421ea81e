package io.redoubt.controlplane.channel;

import io.redoubt.protocol.approval.ApprovalView;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request as it is shown to people.
 *
 * @param agent its name
 * @param people names of members by their identifiers
 * @param askable addresses of those who may be asked, where they are needed
 * @param arguments of the call, with what must not be shown replaced; null: none are shown
 * @param changeable whether those are all that there are, and may be put into a form to be changed
 */
record Shown(
    ApprovalView view,
    String agent,
    Map<String, String> people,
    List<String> askable,
    @Nullable String arguments,
    boolean changeable) {

  /** What can be put into a form; empty: nothing can. */
  Optional<String> toChange() {
    return changeable ? Optional.ofNullable(arguments) : Optional.empty();
  }

  /** The name of a member, or what is known instead. */
  String person(@Nullable String id) {
    return id == null ? "nobody" : people.getOrDefault(id, id);
  }
}
