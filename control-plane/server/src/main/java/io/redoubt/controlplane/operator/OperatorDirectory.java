package io.redoubt.controlplane.operator;

import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Who somebody is right now, whatever their token said when it was issued. */
public interface OperatorDirectory {
  /**
   * The client as it stands.
   *
   * @param issuedAt of its token
   * @param secretFrom since when it has had the secret that it was given the token for; null: the
   *     token does not say
   * @return empty if the client is gone, or the member behind it, or its secret was changed since
   */
  Optional<Operator> current(
      Handle handle,
      OrganizationId organization,
      ClientId client,
      Instant issuedAt,
      @Nullable Instant secretFrom);

  /**
   * What somebody may do right now, whatever they might when they said something.
   *
   * @param subject a member's or a client's identifier
   * @param client through which they said it; null: through none, or nobody knows
   * @return nothing where they are gone, or the client is
   */
  Set<Permission> permissions(
      Handle handle, OrganizationId organization, String subject, @Nullable ClientId client);
}
