package io.redoubt.http;

import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Listens. Whom the system has let in before it stops is taken in, too: they have connected and
 * perhaps asked already, and would be reset without anybody having read what.
 */
final class Listener extends NioServerSocketChannel {
  @Override
  protected void doClose() throws Exception {
    try {
      // Off where there are as many connections as there may be (G11).
      while (config().isAutoRead() && isActive()) {
        List<Object> accepted = new ArrayList<>(1);
        if (doReadMessages(accepted) <= 0) {
          return;
        }
        accepted.forEach(pipeline()::fireChannelRead);
      }
    } finally {
      super.doClose();
    }
  }
}
