package io.redoubt.http;

import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.HttpEntity;
import org.apache.pekko.stream.javadsl.Source;

/** An answer whose body comes by and by. */
final class StreamedEntity {
  private StreamedEntity() {}

  /**
   * The same answer, framed as it was.
   *
   * @param ended hears once when the body has gone to its end, has failed, or is wanted no more, on
   *     whichever thread that happens
   */
  static HttpResponse followed(HttpResponse response, Runnable ended) {
    return switch (response.entity()) {
      case HttpEntity.Chunked it ->
          response.withEntity(
              new HttpEntity.Chunked(
                  it.contentType(), followed(it.chunks().asJava(), ended).asScala()));
      case HttpEntity.Default it ->
          response.withEntity(
              new HttpEntity.Default(
                  it.contentType(),
                  it.contentLength(),
                  followed(it.data().asJava(), ended).asScala()));
      case HttpEntity.CloseDelimited it ->
          response.withEntity(
              new HttpEntity.CloseDelimited(
                  it.contentType(), followed(it.data().asJava(), ended).asScala()));
      default ->
          throw new IllegalArgumentException(
              "a body of an unknown kind: " + response.entity().getClass().getName());
    };
  }

  private static <T, M> Source<T, M> followed(Source<T, M> body, Runnable ended) {
    return body.watchTermination((value, done) -> {
      var _ = done.whenComplete((_, _) -> ended.run());
      return value;
    });
  }
}
