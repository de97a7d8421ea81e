package io.redoubt.controlplane.operator;

import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.server.Route;

/** One authorized request to the operator API, and how its handler gets work done. */
public final class Call {
  private static final List<String> ANY = List.of("*");

  private final Desk desk;
  private final Endpoint endpoint;
  private final HttpRequest request;
  private final Admission admission;
  private final Map<String, String> pathValues;

  Call(
      Desk desk,
      Endpoint endpoint,
      HttpRequest request,
      Admission admission,
      Map<String, String> pathValues) {
    this.desk = desk;
    this.endpoint = endpoint;
    this.request = request;
    this.admission = admission;
    this.pathValues = pathValues;
  }

  public Operator operator() {
    return admission.operator();
  }

  /** Goes on only where the operator has this permission besides the endpoint's. */
  public Route demanding(Permission further, Supplier<Route> handler) {
    return operator().may(further)
        ? handler.get()
        : Replies.async(desk.refuse(operator(), traceId(), endpoint, further));
  }

  /** The part of the path that the template names. */
  public String pathValue(String name) {
    return Objects.requireNonNull(pathValues.get(name), name);
  }

  /** The identifier in the path. One that could not be ours is missing like any other. */
  public <I> I id(String name, Function<String, I> parse) {
    try {
      return parse.apply(pathValue(name));
    } catch (IllegalArgumentException _) {
      throw ProblemException.of(ErrorType.NOT_FOUND);
    }
  }

  /** The query, which may name nothing but these: a misspelt filter must not show everything. */
  public Parameters parameters(String... known) {
    return Parameters.of(request, known);
  }

  public Optional<String> header(String name) {
    return request.getHeader(name).map(HttpHeader::value);
  }

  /**
   * Holds {@code If-Match} and {@code If-None-Match}, where the caller sent them, against the
   * version that stands (RFC 9110 §13.1.1, §13.1.2).
   */
  public void requireMatch(long version) {
    requireMatch(Optional.of(version));
  }

  /** The same where nothing may be there yet, which is no version at all. */
  public void requireMatch(Optional<Long> version) {
    var wanted = tags("if-match");
    if (!wanted.isEmpty() && !isAmong(wanted, version)) {
      throw ProblemException.of(ErrorType.PRECONDITION_FAILED);
    }
    // Compared weakly (§8.8.3.2): what is like one of them is unwanted too.
    var unwanted =
        tags("if-none-match").stream()
            .map(tag -> tag.startsWith("W/") ? tag.substring(2) : tag)
            .toList();
    if (isAmong(unwanted, version)) {
      throw ProblemException.of(
          ErrorType.PRECONDITION_FAILED,
          "What stands there is what If-None-Match says that it must not be.");
    }
  }

  /** What a list of entity tags names, in however many lines it comes (RFC 9110 §5.3). */
  private List<String> tags(String header) {
    return StreamSupport.stream(request.getHeaders().spliterator(), false)
        .filter(line -> line.lowercaseName().equals(header))
        .flatMap(line -> Arrays.stream(line.value().split(",", -1)))
        .map(String::strip)
        .toList();
  }

  private static boolean isAmong(List<String> tags, Optional<Long> version) {
    return version.filter(it -> tags.equals(ANY) || tags.contains(Answer.etagOf(it))).isPresent();
  }

  /** Answers from one read transaction. */
  public Route read(Function<Transaction, Answer> work) {
    return answer(desk.read(admission, work));
  }

  /** Reads, and goes on with what was read. */
  public <T> CompletionStage<T> fetch(Function<Transaction, T> work) {
    return desk.read(admission, work);
  }

  /** Answers from one change that is repeatable by its nature: PATCH, PUT, DELETE. */
  public Route change(Function<Change, Answer> work) {
    return answer(changed(work));
  }

  private CompletionStage<Answer> changed(Function<Change, Answer> work) {
    return desk.change(admission, traceId(), endpoint.describe(), Optional.empty(), work);
  }

  /** The change alone, for a handler that goes on afterwards. */
  public <T> CompletionStage<T> changed(Class<T> type, Function<Change, T> work) {
    return changed(change -> Answer.ok(work.apply(change)))
        .thenApply(answer -> type.cast(answer.body()));
  }

  /** Answers from one change that {@code Idempotency-Key} makes repeatable. */
  public Route post(Object body, Function<Change, Answer> work) {
    return answer(posted(body, work));
  }

  private CompletionStage<Answer> posted(Object body, Function<Change, Answer> work) {
    return desk.change(
        admission, traceId(), endpoint.describe(), Idempotency.of(request, body), work);
  }

  /** The change alone, for a handler that goes on afterwards; a repeat goes on from the same. */
  public <T> CompletionStage<T> posted(Class<T> type, Object body, Function<Change, T> work) {
    return posted(body, change -> Answer.ok(work.apply(change)))
        .thenApply(answer -> Json.LENIENT.convertValue(answer.body(), type));
  }

  private static Route answer(CompletionStage<Answer> later) {
    return Replies.async(later.thenApply(Answer::route));
  }

  private String traceId() {
    return Requests.trace(request).traceId();
  }
}
