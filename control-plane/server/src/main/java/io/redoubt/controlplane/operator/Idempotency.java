package io.redoubt.controlplane.operator;

import io.redoubt.http.Requests;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * Makes POST repeatable under an {@code Idempotency-Key}. The key's row is written in the
 * transaction of the change itself: of two requests at once the second waits at the row, and then
 * finds either the answer of the first or nothing at all.
 */
final class Idempotency {
  private final Duration window;

  Idempotency(Duration window) {
    this.window = window;
  }

  /**
   * A key as the caller sent it.
   *
   * @param requestDigest SHA-256 over method, path and body: the key belongs to one request only
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Key(String text, byte[] requestDigest) {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Earlier(byte[] requestDigest, @Nullable String answer) {}

  static Optional<Key> of(HttpRequest request, Object body) {
    return Requests.idempotencyKey(request).map(text -> new Key(text, digest(request, body)));
  }

  private static byte[] digest(HttpRequest request, Object body) {
    try {
      var sha256 = MessageDigest.getInstance("SHA-256");
      String head = request.method().name() + ' ' + request.getUri().path() + '\n';
      sha256.update(head.getBytes(StandardCharsets.UTF_8));
      return sha256.digest(Json.write(body));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  Answer once(Change change, Key key, Function<Change, Answer> work) {
    var handle = change.handle();
    String client = Objects.requireNonNull(change.operator().client(), "a caller").toString();
    forgetExpired(change);
    int written =
        handle
            .createUpdate(
                """
                INSERT INTO control.idempotency_key
                  (organization_id, client_id, key, request_digest, created_at)
                VALUES (:organization, :client, :key, :digest, :now)
                ON CONFLICT DO NOTHING
                """)
            .bind("organization", change.organization().uuid())
            .bind("client", client)
            .bind("key", key.text())
            .bind("digest", key.requestDigest())
            .bind("now", change.now())
            .execute();
    if (written == 0) {
      return repeat(change, client, key);
    }
    Answer answer = work.apply(change);
    handle
        .createUpdate(
            """
            UPDATE control.idempotency_key SET answer = CAST(:answer AS jsonb)
            WHERE organization_id = :organization AND client_id = :client AND key = :key
            """)
        .bind("answer", new String(Json.write(answer.kept()), StandardCharsets.UTF_8))
        .bind("organization", change.organization().uuid())
        .bind("client", client)
        .bind("key", key.text())
        .execute();
    return answer;
  }

  private static Answer repeat(Change change, String client, Key key) {
    Earlier earlier =
        change
            .handle()
            .createQuery(
                """
                SELECT request_digest, answer FROM control.idempotency_key
                WHERE organization_id = :organization AND client_id = :client AND key = :key
                """)
            .bind("organization", change.organization().uuid())
            .bind("client", client)
            .bind("key", key.text())
            .map((row, _) -> new Earlier(row.getBytes(1), row.getString(2)))
            .one();
    if (!MessageDigest.isEqual(earlier.requestDigest(), key.requestDigest())) {
      throw ProblemException.of(ErrorType.IDEMPOTENCY_KEY_REUSED);
    }
    try {
      return Answer.repeat(
          Json.LENIENT.readValue(Objects.requireNonNull(earlier.answer()), Answer.Kept.class));
    } catch (IOException e) {
      throw new IllegalStateException("an answer that was written here", e);
    }
  }

  /** A key is remembered for its window and no longer; each use sweeps its own organization. */
  private void forgetExpired(Change change) {
    change
        .handle()
        .createUpdate(
            """
            DELETE FROM control.idempotency_key
            WHERE organization_id = :organization AND created_at < :before
            """)
        .bind("organization", change.organization().uuid())
        .bind("before", change.now().minus(window))
        .execute();
  }
}
