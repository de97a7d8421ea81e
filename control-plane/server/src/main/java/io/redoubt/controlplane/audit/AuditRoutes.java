package io.redoubt.controlplane.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.http.ListBody;
import io.redoubt.http.Requests;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** {@code /api/v1/audit}. */
public final class AuditRoutes {
  private static final ContentType NDJSON =
      ContentTypes.create(MediaTypes.applicationWithFixedCharset("x-ndjson", HttpCharsets.UTF_8));

  /** Records fetched at once while streaming. */
  private static final int STREAM_PAGE = 500;

  private final AuditQuery query = new AuditQuery();

  public List<Endpoint> endpoints() {
    return List.of(Endpoint.get("/api/v1/audit", Permission.AUDIT_READ, this::list));
  }

  private Route list(Call call) {
    var parameters = call.parameters(AuditFilter.PARAMETERS);
    var filter = AuditFilter.of(parameters);
    boolean asStream =
        call.header("accept").filter(value -> value.contains("application/x-ndjson")).isPresent();
    boolean bounded = parameters.text("limit").isPresent();
    return Requests.page(page -> {
      var after = page.cursor().map(AuditQuery.Position::parse);
      return asStream
          ? stream(call, filter, after, bounded ? page.limit() : Long.MAX_VALUE)
          : call.read(transaction -> {
            var found = query.read(transaction, filter, after, page.limit() + 1);
            return Answer.ok(page(found, page.limit()));
          });
    });
  }

  private static ListBody<JsonNode> page(List<AuditQuery.Found> found, int limit) {
    var shown = found.subList(0, Math.min(limit, found.size()));
    return new ListBody<>(
        shown.stream().map(AuditQuery.Found::record).toList(),
        found.size() > limit ? shown.getLast().position().toString() : null);
  }

  /** Where a stream stands. */
  private record Place(Optional<AuditQuery.Position> after, boolean atEnd) {}

  /**
   * Page after page as the caller reads, one record on each line. Whoever may read no longer is cut
   * off.
   */
  private Route stream(
      Call call, AuditFilter filter, Optional<AuditQuery.Position> after, long limit) {
    Source<ByteString, ?> lines =
        Source.unfoldAsync(new Place(after, false), place -> nextPage(call, filter, place))
            .mapConcat(found -> found)
            .take(limit)
            .map(found -> ByteString.fromString(Rows.json(found.record()) + "\n"));
    return Directives.complete(
        HttpResponse.create()
            .addHeader(RawHeader.create("Cache-Control", "no-store"))
            .withEntity(HttpEntities.create(NDJSON, lines)));
  }

  private CompletionStage<Optional<Pair<Place, List<AuditQuery.Found>>>> nextPage(
      Call call, AuditFilter filter, Place place) {
    if (place.atEnd()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return call.fetch(transaction -> query.read(transaction, filter, place.after(), STREAM_PAGE))
        .thenApply(found -> {
          boolean atEnd = found.size() < STREAM_PAGE;
          var last = atEnd ? place.after() : Optional.of(found.getLast().position());
          return Optional.of(Pair.create(new Place(last, atEnd), found));
        });
  }
}
