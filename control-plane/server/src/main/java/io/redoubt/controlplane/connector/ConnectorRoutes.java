package io.redoubt.controlplane.connector;

import static io.redoubt.controlplane.operator.Permission.CONNECTORS_MANAGE;
import static io.redoubt.controlplane.operator.Permission.CONNECTORS_READ;

import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.upstream.BaseUrls;
import io.redoubt.controlplane.upstream.UpstreamRoutes;
import io.redoubt.controlplane.upstream.UpstreamsConfig;
import io.redoubt.http.Bodies;
import java.util.List;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /api/v1/connectors}. Secrets are written, never read. */
public final class ConnectorRoutes {
  private final Connectors connectors;
  private final UpstreamRoutes<Connector> routes;
  private final BaseUrls baseUrls;
  private final Bodies bodies;

  public ConnectorRoutes(Connectors connectors, UpstreamsConfig config, Bodies bodies) {
    this.connectors = connectors;
    this.routes =
        new UpstreamRoutes<>(
            "/api/v1/connectors", CONNECTORS_READ, CONNECTORS_MANAGE, connectors.upstreams());
    this.baseUrls = new BaseUrls(config.httpHosts());
    this.bodies = bodies;
  }

  public List<Endpoint> endpoints() {
    return routes.endpoints(this::put);
  }

  private Route put(Call call) {
    String name = call.pathValue("name");
    return bodies.json(
        ConnectorForm.class,
        form -> {
          var draft = form.checked(name, baseUrls);
          return routes.put(
              call, name, form.secret(), (change, sealed) -> connectors.put(change, draft, sealed));
        });
  }
}
