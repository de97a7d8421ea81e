package io.redoubt.enclave.membership;

import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.Member;

/** Actors that every node has under its root actor, addressed without having to be found. */
public final class MemberActors {
  private MemberActors() {}

  /** The actor of that name on that member, whether it lives or not. */
  public static <M> ActorRef<M> at(ActorSystem<?> system, Member member, String name) {
    return ActorRefResolver.get(system).resolveActorRef(member.address() + "/user/" + name);
  }
}
