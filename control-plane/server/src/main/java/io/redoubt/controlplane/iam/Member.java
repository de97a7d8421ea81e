package io.redoubt.controlplane.iam;

import io.redoubt.protocol.id.MemberId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A person of an organization, as operators see them. */
public record Member(
    MemberId id,
    String name,
    @Nullable String email,
    List<Role> roles,
    long version,
    Instant createdAt,
    Instant updatedAt,
    @Nullable Instant deletedAt) {

  public Member {
    roles = List.copyOf(roles);
  }
}
