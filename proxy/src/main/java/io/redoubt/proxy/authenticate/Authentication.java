package io.redoubt.proxy.authenticate;

import io.redoubt.protocol.jwt.AccessClaims;
import org.jspecify.annotations.Nullable;

/** Whether a caller is believed. */
public sealed interface Authentication permits AuthenticatedAgent, Authentication.Refused {

  /**
   * Not believed.
   *
   * @param claims whom a token of ours names that is refused for another reason than its age; for
   *     the record only
   */
  record Refused(AuthenticationFailure why, @Nullable AccessClaims claims)
      implements Authentication {}
}
