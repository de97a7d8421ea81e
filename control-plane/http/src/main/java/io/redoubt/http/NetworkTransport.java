package io.redoubt.http;

import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** By what {@link NetworkThreads} hear of their connections. */
enum NetworkTransport {
  /** Linux's own, which Netty brings a library for. */
  EPOLL,
  /** Java's, which is everywhere. */
  NIO;

  private static final Logger LOG = LoggerFactory.getLogger(NetworkTransport.class);

  /** The native one where it is wanted and its library can be loaded; the log says which it is. */
  static NetworkTransport choose(boolean nativeWanted) {
    if (!nativeWanted) {
      LOG.info("Connections use Java's NIO, as {} says", NetworkThreads.NATIVE_TRANSPORT);
      return NIO;
    }
    if (!Epoll.isAvailable()) {
      LOG.info(
          "Connections use Java's NIO, since epoll cannot be used: {}",
          String.valueOf(Epoll.unavailabilityCause()));
      return NIO;
    }
    LOG.info("Connections use epoll");
    return EPOLL;
  }

  IoHandlerFactory handlers() {
    return switch (this) {
      case EPOLL -> EpollHandler.newFactory();
      case NIO -> NioIoHandler.newFactory();
    };
  }

  Class<? extends ServerChannel> listeners() {
    return switch (this) {
      case EPOLL -> EpollServerSocketChannel.class;
      case NIO -> NioServerSocketChannel.class;
    };
  }

  Class<? extends Channel> connections() {
    return switch (this) {
      case EPOLL -> EpollSocketChannel.class;
      case NIO -> NioSocketChannel.class;
    };
  }
}
