package io.redoubt.controlplane;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * {@code /metrics} in Prometheus' format. It speaks of the whole installation, so it takes a token
 * of the platform's administrators, which a scraper gets by OAuth 2 client credentials.
 */
final class MetricsRoute {
  private final MeterRegistry metrics;

  MetricsRoute(MeterRegistry metrics) {
    this.metrics = metrics;
  }

  List<Endpoint> endpoints() {
    return List.of(Endpoint.get("/metrics", Permission.ORGANIZATIONS_MANAGE, this::scrape));
  }

  private Route scrape(Call call) {
    call.parameters();
    if (!(metrics instanceof PrometheusMeterRegistry prometheus)) {
      throw ProblemException.of(ErrorType.NOT_FOUND);
    }
    return Directives.complete(
        HttpResponse.create()
            .withEntity(
                HttpEntities.create(
                    ContentTypes.TEXT_PLAIN_UTF8,
                    prometheus.scrape().getBytes(StandardCharsets.UTF_8))));
  }
}
