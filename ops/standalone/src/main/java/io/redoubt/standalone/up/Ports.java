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

  /** How far the ports of two nodes are apart. */
  private static final int NODE_STEP = 10;

  /** The highest port is Artery's, of the last node. */
  private static final int MAX_OFFSET = 65_535 - 25_520 - NODE_STEP * (Plan.MAX_NODES - 1);

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

  /** Those of a further node; what there is once only stays where it is. */
  Ports ofNode(int index) {
    int step = NODE_STEP * index;
    return new Ports(
        controlPlane,
        agent + step,
        acting + step,
        egress + step,
        management + step,
        artery + step,
        postgres,
        demo);
  }

  /** What an enclave node is to be told of these ports. */
  void putServers(Map<String, Object> settings, Plan plan) {
    putServer(settings, plan, "agent", agent);
    putServer(settings, plan, "acting", acting);
    putServer(settings, plan, "management", management);
    settings.put("redoubt.enclave.cluster.host", "127.0.0.1");
    settings.put("redoubt.enclave.cluster.port", artery);
    // All nodes are here, so what is said to everybody does not say where one of them listens.
    settings.put("redoubt.enclave.cluster.bind-host", "");
    settings.put("redoubt.enclave.cluster.bind-port", 0);
  }

  private static void putServer(Map<String, Object> settings, Plan plan, String name, int port) {
    String server = "redoubt.enclave.servers." + name;
    settings.put(server + ".host", plan.bind().getHostAddress());
    settings.put(server + ".port", port);
    settings.put(server + ".public-url", plan.url(port));
  }

  /** Says which port is taken before anything has begun, instead of failing half-way. */
  void requireFree(InetAddress bind, boolean embeddedPostgres, boolean withDemo, int nodes) {
    var needed = new LinkedHashMap<String, Integer>();
    needed.put("the control plane", controlPlane);
    for (int i = 0; i < nodes; i++) {
      Ports node = ofNode(i);
      String which = i == 0 ? "" : " of node-" + (i + 1);
      needed.put("the agent endpoint" + which, node.agent());
      needed.put("the acting endpoint" + which, node.acting());
      needed.put("management" + which, node.management());
      needed.put("the cluster" + which, node.artery());
    }
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
