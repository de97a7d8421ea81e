package io.redoubt.enclave.link;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.approval.Voting;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.json.CanonicalJson;
import org.jspecify.annotations.Nullable;

/** How much of a request for approval leaves the enclave. */
final class ApprovalWords {
  private static final int MOST_ARGUMENT_BYTES = 64 * 1024;

  /** What is around them has its own, and readers bear only so many. */
  private static final int MOST_LEVELS = 40;

  private ApprovalWords() {}

  /**
   * The arguments while somebody is to decide, no longer; and of large ones only that there are
   * some, so that nobody decides about them as if there were none. Of a call to a model, an
   * excerpt.
   */
  static ApprovalView forControlPlane(ApprovalView view) {
    var arguments = view.arguments();
    var prompt = view.prompt();
    if (view.status() != ApprovalStatus.PENDING || arguments == null) {
      return view.with(null, view.related())
          .saying(
              view.status() == ApprovalStatus.PENDING && prompt != null ? prompt.excerpt() : null);
    }
    boolean told =
        isFlat(arguments, MOST_LEVELS)
            && CanonicalJson.write(arguments).length <= MOST_ARGUMENT_BYTES;
    return told ? view : view.withheld();
  }

  private static boolean isFlat(JsonNode node, int levels) {
    if (levels == 0) {
      return !node.isContainerNode();
    }
    for (var each : node) {
      if (!isFlat(each, levels - 1)) {
        return false;
      }
    }
    return true;
  }

  /** How it stands after a vote; null: there is none. */
  static @Nullable ApprovalView after(Voting.Outcome outcome) {
    var view =
        switch (outcome) {
          case Voting.Heard(var now) -> now;
          case Voting.NotHeard(var _, var now) -> now;
          case Voting.NotEdited(var _, var now) -> now;
        };
    return view == null ? null : forControlPlane(view);
  }
}
