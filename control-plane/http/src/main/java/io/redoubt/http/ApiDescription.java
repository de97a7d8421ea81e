package io.redoubt.http;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * The description of a server's API, as authored: served to everybody, and a list of its routes.
 */
public final class ApiDescription {
  private final byte[] document;
  private final List<String> templates;

  private ApiDescription(byte[] document, List<String> templates) {
    this.document = document;
    this.templates = List.copyOf(templates);
  }

  /** Reads the OpenAPI document that is packaged beside the class. */
  public static ApiDescription packaged(Class<?> beside, String resource) {
    try (var in = beside.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("packaged without " + resource);
      }
      byte[] document = in.readAllBytes();
      JsonNode paths = Json.LENIENT.readTree(document).path("paths");
      var templates = new ArrayList<String>();
      paths.fieldNames().forEachRemaining(templates::add);
      return new ApiDescription(document, templates);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code /openapi.json}. */
  public Route routes() {
    return path(
        "openapi.json",
        () ->
            get(() ->
                complete(
                    HttpResponse.create()
                        .withEntity(
                            HttpEntities.create(ContentTypes.APPLICATION_JSON, document)))));
  }

  /** The template of a path, such as {@code /api/v1/agents/{id}}; a literal one before others. */
  public Optional<String> template(String path) {
    if (templates.contains(path)) {
      return Optional.of(path);
    }
    String[] given = path.split("/", -1);
    return templates.stream()
        .filter(template -> matches(template.split("/", -1), given))
        .findFirst();
  }

  private static boolean matches(String[] template, String[] given) {
    if (template.length != given.length) {
      return false;
    }
    for (int i = 0; i < given.length; i++) {
      if (!template[i].startsWith("{") && !template[i].equals(given[i])) {
        return false;
      }
    }
    return true;
  }
}
