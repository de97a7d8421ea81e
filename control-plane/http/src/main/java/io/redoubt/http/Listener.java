package io.redoubt.http;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A listening channel, and how it ends. Whom the system has let in before it stops is taken in,
 * too: they have connected and perhaps asked already, and would be reset without anybody having
 * read what.
 */
final class Listener {
  private final Channel channel;
  private final AcceptLimit accepted;
  private final int backlog;

  /**
   * Listens already.
   *
   * @param accepted a handler of it
   * @param backlog how many the system lets in before they are accepted
   */
  Listener(Channel channel, AcceptLimit accepted, int backlog) {
    this.channel = channel;
    this.accepted = accepted;
    this.backlog = backlog;
  }

  Channel channel() {
    return channel;
  }

  /** Completes when nobody waits any more, or who waits came after this, and it is closed. */
  Future<Void> close() {
    try {
      channel.eventLoop().execute(() -> lookAgain(-1, accepted.total() + backlog));
    } catch (RejectedExecutionException _) {
      // The threads of the network have ended, and all channels with them.
    }
    return channel.closeFuture();
  }

  /**
   * What is scheduled runs only after the thread has asked the system what there is. Where that was
   * nobody, nobody waits; and where there are as many as there may be (G11), nobody is asked for.
   */
  private void lookAgain(long before, long most) {
    long now = accepted.total();
    if (now == before || now >= most || !channel.config().isAutoRead()) {
      var _ = channel.close();
    } else {
      var _ = channel.eventLoop().schedule(() -> lookAgain(now, most), 0, TimeUnit.NANOSECONDS);
    }
  }
}
