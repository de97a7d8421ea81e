package io.redoubt.testing;

import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.revocation.Revocation;
import io.redoubt.revocation.Revocations;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** One node's revocations, with no other node to tell. */
public final class InMemoryRevocations implements Revocations {
  public final Outage outage = new Outage();
  private final List<Revocation> all = new CopyOnWriteArrayList<>();

  @Override
  public boolean covers(AccessClaims token) {
    return all.stream().anyMatch(each -> covers(each, token));
  }

  private static boolean covers(Revocation revocation, AccessClaims token) {
    return revocation.organization().equals(token.organization())
        && switch (revocation) {
          case Revocation.OfFamily of -> of.family().equals(token.family());
          case Revocation.OfToken of -> of.jti().equals(token.jti());
        };
  }

  @Override
  public CompletionStage<Void> revoke(Revocation revocation) {
    return outage.run(() -> {
      all.add(revocation);
    });
  }

  public List<Revocation> all() {
    return List.copyOf(all);
  }
}
