package io.redoubt.enclave.operatorapi;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.http.HttpServer;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.payload.PayloadStore.Kept;
import io.redoubt.payload.PayloadStore.Part;
import io.redoubt.payload.PayloadStore.Payload;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.jwt.OperatorClaims;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.headers.CacheControl;
import org.apache.pekko.http.javadsl.model.headers.CacheDirectives;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * {@code /v1/operator/actions/{id}/payloads}: what is kept of an action, and each half of it byte
 * for byte. Here and nowhere else, since payloads do not leave the enclave by themselves.
 */
final class PayloadRoutes {
  private static final String READ = "payloads:read";

  /** So that the end of the pieces is about the end of the answer, however slowly it is read. */
  private static final int PIECE_BYTES = 64 * 1024;

  private static final Duration LONGEST_READING = Duration.ofMinutes(2);

  private final OperatorGate gate;
  private final PayloadReading reading;

  PayloadRoutes(OperatorGate gate, PayloadReading reading) {
    this.gate = gate;
    this.reading = reading;
  }

  /**
   * What is kept of an action.
   *
   * @param actionDigest of the request as it came; null: it was refused before it was read
   */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Overview(
      ActionId actionId,
      @Nullable AgentId agentId,
      Instant time,
      Verdict verdict,
      @Nullable String actionDigest,
      @Nullable Half request,
      @Nullable Half reply) {}

  /** What is known of a half without opening it. */
  record Half(
      String mediaType, long bytes, boolean truncated, Instant recordedAt, Instant deleteAfter) {}

  Route routes() {
    var payloads =
        segment("v1").slash("operator").slash("actions").slash(segment()).slash("payloads");
    return concat(
        path(payloads, id -> get(() -> list(id))),
        path(payloads.slash("request"), id -> get(() -> read(id, Part.REQUEST))),
        path(payloads.slash("reply"), id -> get(() -> read(id, Part.REPLY))));
  }

  private Route list(String id) {
    return asOperator((_, operator) -> {
      var action = action(id);
      return Replies.async(
          reading
              .list(operator, action)
              .thenApply(found -> Replies.json(200, overview(action, found))));
    });
  }

  private static Overview overview(ActionId action, PayloadReading.Overview found) {
    var of = found.action();
    return new Overview(
        action,
        of.agentId(),
        of.time(),
        of.verdict(),
        of.actionDigest(),
        half(found.halves(), Part.REQUEST),
        half(found.halves(), Part.REPLY));
  }

  private static @Nullable Half half(List<Kept> halves, Part part) {
    for (Kept kept : halves) {
      if (kept.part() == part) {
        return new Half(
            kept.mediaType(), kept.bytes(), kept.truncated(), kept.at(), kept.deleteAfter());
      }
    }
    return null;
  }

  private Route read(String id, Part part) {
    return asOperator((request, operator) ->
        Replies.async(
            reading
                .open(operator, action(id), part, Requests.trace(request).traceId())
                .thenApply(opened -> answer(request, opened))));
  }

  private static Route answer(HttpRequest request, PayloadReading.Opened opened) {
    var place = opened.place();
    // Where nobody is left to read it, nobody says either that all of it has left.
    request
        .getAttribute(HttpServer.CLIENT_GONE)
        .ifPresent(gone -> {
          var _ = gone.whenComplete((_, _) -> place.giveBack());
        });
    return complete(
        HttpResponse.create()
            .addHeaders(headers(opened.payload()))
            .withEntity(entity(opened.payload().body(), place)));
  }

  /** To be saved and not shown: what it holds was written by others. */
  private static List<HttpHeader> headers(Payload payload) {
    return List.of(
        CacheControl.create(CacheDirectives.NO_STORE),
        RawHeader.create(
            "Content-Disposition",
            "attachment; filename=\"%s.%s\""
                .formatted(payload.action(), payload.part().name().toLowerCase(Locale.ROOT))),
        // RFC 9530 §3
        RawHeader.create("Repr-Digest", "sha-256=:" + sha256(payload.body()) + ":"),
        RawHeader.create("x-redoubt-truncated", Boolean.toString(payload.truncated())));
  }

  private static ResponseEntity entity(ByteString body, PayloadReading.Place place) {
    if (body.isEmpty()) {
      place.giveBack();
      return HttpEntities.create(ContentTypes.APPLICATION_OCTET_STREAM, body);
    }
    int size = body.size();
    var pieces =
        Source.range(0, (size - 1) / PIECE_BYTES)
            .map(i -> body.slice(i * PIECE_BYTES, Math.min(size, (i + 1) * PIECE_BYTES)))
            // Whoever takes longer keeps others from reading.
            .completionTimeout(LONGEST_READING)
            .watchTermination((nothing, over) -> {
              var _ = over.whenComplete((_, _) -> place.giveBack());
              return nothing;
            });
    return HttpEntities.create(ContentTypes.APPLICATION_OCTET_STREAM, size, pieces);
  }

  private static String sha256(ByteString body) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update(body.asByteBuffer());
      return Base64.getEncoder().encodeToString(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static ActionId action(String text) {
    try {
      return ActionId.parse(text);
    } catch (IllegalArgumentException _) {
      throw ProblemException.of(ErrorType.NOT_FOUND);
    }
  }

  /** Who asks comes before what is asked for. */
  private Route asOperator(BiFunction<HttpRequest, OperatorClaims, Route> inner) {
    return extractRequest(request ->
        Replies.async(
            gate.admit(request, READ)
                .thenApply(operator -> extractRequest(_ -> inner.apply(request, operator)))));
  }
}
