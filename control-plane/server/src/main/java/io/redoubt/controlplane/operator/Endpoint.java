package io.redoubt.controlplane.operator;

import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/**
 * One line of the operator API: method, path, what it takes, who answers.
 *
 * @param template such as {@code /api/v1/agents/{id}}
 * @param permission null: any operator
 */
public record Endpoint(
    HttpMethod method,
    String template,
    @Nullable Permission permission,
    Function<Call, Route> handler) {

  public static Endpoint get(
      String template, @Nullable Permission permission, Function<Call, Route> handler) {
    return new Endpoint(HttpMethods.GET, template, permission, handler);
  }

  public static Endpoint post(
      String template, Permission permission, Function<Call, Route> handler) {
    return new Endpoint(HttpMethods.POST, template, permission, handler);
  }

  public static Endpoint put(
      String template, Permission permission, Function<Call, Route> handler) {
    return new Endpoint(HttpMethods.PUT, template, permission, handler);
  }

  public static Endpoint patch(
      String template, Permission permission, Function<Call, Route> handler) {
    return new Endpoint(HttpMethods.PATCH, template, permission, handler);
  }

  public static Endpoint delete(
      String template, Permission permission, Function<Call, Route> handler) {
    return new Endpoint(HttpMethods.DELETE, template, permission, handler);
  }

  /** Such as {@code POST /api/v1/agents}. */
  public String describe() {
    return method.name() + ' ' + template;
  }
}
