package io.redoubt.controlplane;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /openapi.json}: the description of this API, as authored. */
final class OpenApi {
  private final byte[] document;

  OpenApi() {
    try (var resource = OpenApi.class.getResourceAsStream("/redoubt/control-plane/openapi.json")) {
      this.document = Objects.requireNonNull(resource, "part of this module").readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Route routes() {
    return path(
        "openapi.json",
        () ->
            get(() ->
                complete(
                    HttpResponse.create()
                        .withEntity(
                            HttpEntities.create(ContentTypes.APPLICATION_JSON, document)))));
  }
}
