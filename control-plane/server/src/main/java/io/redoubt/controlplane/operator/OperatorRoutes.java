package io.redoubt.controlplane.operator;

import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Rejection;
import org.apache.pekko.http.javadsl.server.Rejections;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * The table of all endpoints as one route: find the line, authenticate, hold the permission against
 * the line, hand over. No handler runs for a caller who may not.
 */
public final class OperatorRoutes {
  private final List<Line> lines;
  private final Authorizer authorizer;
  private final Desk desk;

  private record Line(Endpoint endpoint, List<String> segments) {
    static Line of(Endpoint endpoint) {
      return new Line(endpoint, List.of(endpoint.template().substring(1).split("/", -1)));
    }

    Optional<Map<String, String>> match(List<String> path) {
      if (path.size() != segments.size()) {
        return Optional.empty();
      }
      var values = new HashMap<String, String>();
      for (int i = 0; i < path.size(); i++) {
        String wanted = segments.get(i);
        if (wanted.startsWith("{")) {
          values.put(wanted.substring(1, wanted.length() - 1), path.get(i));
        } else if (!wanted.equals(path.get(i))) {
          return Optional.empty();
        }
      }
      return Optional.of(values);
    }
  }

  public OperatorRoutes(List<Endpoint> endpoints, Authorizer authorizer, Desk desk) {
    this.lines = endpoints.stream().map(Line::of).toList();
    this.authorizer = authorizer;
    this.desk = desk;
  }

  public Route routes() {
    return Directives.extractRequest(this::dispatch);
  }

  private Route dispatch(HttpRequest request) {
    var path = new ArrayList<String>();
    request.getUri().pathSegments().forEach(path::add);
    var otherMethods = new ArrayList<Rejection>();
    for (Line line : lines) {
      var values = line.match(path);
      if (values.isPresent() && line.endpoint().method().equals(request.method())) {
        return Replies.async(admit(line.endpoint(), request, values.get()));
      }
      values.ifPresent(_ -> otherMethods.add(Rejections.method(line.endpoint().method())));
    }
    return otherMethods.isEmpty()
        ? Directives.reject()
        : Directives.reject(
            otherMethods.getFirst(),
            otherMethods.subList(1, otherMethods.size()).toArray(Rejection[]::new));
  }

  private CompletionStage<Route> admit(
      Endpoint endpoint, HttpRequest request, Map<String, String> values) {
    return authorizer
        .authenticate(request)
        .thenCompose(admission -> {
          var operator = admission.operator();
          var permission = endpoint.permission();
          if (permission == null || operator.may(permission)) {
            var call = new Call(desk, endpoint, request, admission, values);
            return CompletableFuture.completedFuture(endpoint.handler().apply(call));
          }
          return desk.refuse(operator, Requests.trace(request).traceId(), endpoint, permission);
        });
  }
}
