package io.redoubt.testing;

import io.redoubt.action.Act;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.session.History;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A log that a test writes; it can be out of reach. */
public final class FakeHistory implements History {
  private volatile List<Act> acts = List.of();
  private volatile @Nullable RuntimeException failure;
  private volatile boolean silent;
  private volatile @Nullable Supplier<List<Act>> then;

  public void has(List<Act> earlier) {
    acts = List.copyOf(earlier);
  }

  public void fail(RuntimeException why) {
    failure = why;
  }

  /** The log at the moment at which it is read. */
  public void hasThen(Supplier<List<Act>> earlier) {
    then = earlier;
  }

  /** Answers nothing from now on. */
  public void fallSilent() {
    silent = true;
  }

  public void clear() {
    then = null;
    silent = false;
    acts = List.of();
    failure = null;
  }

  private static List<Act> newestOfEach(List<Act> all, int atMost) {
    var newest = new ArrayList<Act>();
    int permitted = 0;
    int refused = 0;
    for (var act : all.reversed()) {
      if ((act.verdict() == Verdict.PERMIT ? permitted++ : refused++) < atMost) {
        newest.addFirst(act);
      }
    }
    return newest;
  }

  @Override
  public CompletionStage<List<Act>> last(OrganizationId organization, AgentId agent, int atMost) {
    if (silent) {
      return new CompletableFuture<>();
    }
    var why = failure;
    var now = then;
    if (now != null) {
      acts = List.copyOf(now.get());
    }
    return why == null
        ? CompletableFuture.completedFuture(newestOfEach(acts, atMost))
        : CompletableFuture.failedFuture(why);
  }
}
