package io.redoubt.standalone.up;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where everything listens: the well-known ports, moved by an offset. */
record Ports(
    int controlPlane,
    int agent,
    int acting,
    int egress,
    int management,
    int artery,
    int postgres,
    int demo) {

  /** The highest port is Artery's. */
  private static final int MAX_OFFSET = 65_535 - 25_520;

  static Ports of(int offset) {
    if (offset < 0 || offset > MAX_OFFSET) {
      throw CommandFailure.usage("--port-offset is 0 to " + MAX_OFFSET + ".");
    }
    return new Ports(
        8443 + offset,
        8444 + offset,
        8445 + offset,
        8446 + offset,
        8558 + offset,
        25_520 + offset,
        25_432 + offset,
        8447 + offset);
  }

  /** Says which port is taken before anything has begun, instead of failing half-way. */
  void requireFree(InetAddress bind, boolean embeddedPostgres, boolean withDemo) {
    var needed = new LinkedHashMap<String, Integer>();
    needed.put("the control plane", controlPlane);
    needed.put("the agent endpoint", agent);
    needed.put("the acting endpoint", acting);
    needed.put("management", management);
    needed.put("the cluster", artery);
    if (embeddedPostgres) {
      needed.put("PostgreSQL", postgres);
    }
    if (withDemo) {
      needed.put("the demo provider", demo);
    }
    for (Map.Entry<String, Integer> port : needed.entrySet()) {
      try (var socket = new ServerSocket()) {
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(bind, port.getValue()));
      } catch (IOException e) {
        throw new CommandFailure(
            ExitCode.FAILED,
            "Port "
                + port.getValue()
                + ", for "
                + port.getKey()
                + ", is in use. Choose others with --port-offset, such as --port-offset 1000.",
            e);
      }
    }
  }
}
