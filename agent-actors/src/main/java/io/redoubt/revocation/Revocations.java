package io.redoubt.revocation;

import io.redoubt.protocol.jwt.AccessClaims;
import java.util.concurrent.CompletionStage;

/** What this node refuses, and how it tells the others. */
public interface Revocations {
  /** Whether an access token must be refused although its signature and times are right. */
  boolean covers(AccessClaims token);

  /** Makes the revocation durable, applies it here and tells every node. */
  CompletionStage<Void> revoke(Revocation revocation);
}
