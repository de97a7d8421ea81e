package io.redoubt.controlplane.operator;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.http.Replies;
import io.redoubt.protocol.json.Json;
import java.util.ArrayList;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/**
 * What a request is answered.
 *
 * @param body null: none
 * @param repeatBody what a repeat under the same idempotency key is told: without one-time secrets
 * @param etag version of the document, quoted; null: none
 * @param location of what was made; null: none
 * @param repeated whether this is a repeat
 */
public record Answer(
    int status,
    @Nullable Object body,
    @Nullable Object repeatBody,
    @Nullable String etag,
    @Nullable String location,
    boolean repeated) {

  public static Answer of(int status, Object body) {
    return new Answer(status, body, body, null, null, false);
  }

  public static Answer ok(Object body) {
    return of(200, body);
  }

  public static Answer created(String location, Object body) {
    return new Answer(201, body, body, null, location, false);
  }

  public static Answer noContent() {
    return new Answer(204, null, null, null, null, false);
  }

  /** With the document's version, for {@code If-Match}. */
  public Answer withVersion(long version) {
    return new Answer(status, body, repeatBody, etagOf(version), location, repeated);
  }

  /** With another body for repeats, since the secret is shown once. */
  public Answer repeatedAs(Object withoutSecret) {
    return new Answer(status, body, withoutSecret, etag, location, repeated);
  }

  static String etagOf(long version) {
    return '"' + Long.toString(version) + '"';
  }

  /** How the answer is kept for repeats. */
  record Kept(
      int status, @Nullable JsonNode body, @Nullable String etag, @Nullable String location) {}

  Kept kept() {
    return new Kept(
        status, repeatBody == null ? null : Json.LENIENT.valueToTree(repeatBody), etag, location);
  }

  static Answer repeat(Kept kept) {
    return new Answer(kept.status, kept.body, kept.body, kept.etag, kept.location, true);
  }

  public Route route() {
    var headers = new ArrayList<HttpHeader>();
    if (etag != null) {
      headers.add(RawHeader.create("ETag", etag));
    }
    if (location != null) {
      headers.add(RawHeader.create("Location", location));
    }
    if (repeated) {
      headers.add(RawHeader.create("Idempotency-Replayed", "true"));
    }
    return body == null
        ? Directives.complete(
            HttpResponse.create().withStatus(StatusCodes.get(status)).addHeaders(headers))
        : Replies.json(status, body, headers);
  }
}
