package io.redoubt.controlplane.policy;

import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.CustomPattern;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A content policy as operators see it: in the form in which they write it.
 *
 * @param updatedBy null: the platform
 * @param updatedAt null: it was never set
 */
record ContentEntry(
    String scope,
    List<ContentPolicy.Rule> rules,
    List<CustomPattern> patterns,
    ModelAccess models,
    long version,
    @Nullable String updatedBy,
    @Nullable Instant updatedAt) {

  static ContentEntry of(DraftParts.Part<ContentPolicy> part) {
    return of(part.name(), part.body(), part.version(), part.updatedBy(), part.updatedAt());
  }

  static ContentEntry of(Floors.Standing floor) {
    var content = floor.content();
    return of(
        ContentDocument.PLATFORM,
        content == null ? ContentPolicy.EMPTY : content,
        floor.version(),
        null,
        floor.setAt());
  }

  private static ContentEntry of(
      String scope,
      ContentPolicy policy,
      long version,
      @Nullable String updatedBy,
      @Nullable Instant updatedAt) {
    return new ContentEntry(
        scope, policy.rules(), policy.patterns(), policy.models(), version, updatedBy, updatedAt);
  }
}
