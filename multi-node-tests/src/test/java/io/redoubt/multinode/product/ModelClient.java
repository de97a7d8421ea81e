package io.redoubt.multinode.product;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.multinode.history.Chunk;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.ModelCall;
import io.redoubt.multinode.history.Plea;
import io.redoubt.multinode.history.Timed;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Calls the recording upstream through the LLM proxy; records every call and every piece. */
public final class ModelClient {
  private static final Pattern SENT = Pattern.compile("sent=(\\d+);");

  private final Product product;
  private final Upstream upstream;
  private final History history;
  private final Supplier<Installation.Node> node;

  public ModelClient(Product product, Upstream upstream, History history) {
    this(product, upstream, history, () -> product.runtime().node());
  }

  /**
   * Of several nodes.
   *
   * @param node which one the next call goes to
   */
  public ModelClient(
      Product product, Upstream upstream, History history, Supplier<Installation.Node> node) {
    this.product = product;
    this.upstream = upstream;
    this.history = history;
    this.node = node;
  }

  /**
   * How a streamed reply ended.
   *
   * @param attempt the head of the answer, with a word how it ended as its text
   * @param whole whether the upstream's own last words came
   */
  public record Ending(Attempt attempt, boolean whole) {}

  /** A reply that is being streamed. */
  public static final class LiveReply {
    private final AtomicInteger pieces = new AtomicInteger();
    private final CompletableFuture<Void> begun = new CompletableFuture<>();
    private final CompletableFuture<Ending> end = new CompletableFuture<>();

    /** How many pieces have come so far. */
    public int pieces() {
      return pieces.get();
    }

    /** Completes when nothing more comes. */
    public CompletableFuture<Ending> end() {
      return end;
    }
  }

  /** One call, answered whole. */
  public Attempt call(AgentClient agent, Upstream.Kind kind) {
    return call(agent.id(), agent.accessToken(), kind);
  }

  /** One call with any credential. */
  public Attempt call(String agent, String accessToken, Upstream.Kind kind) {
    String trace = Trace.next();
    long started = System.nanoTime();
    var attempt =
        product.http().attempt("POST", uri(kind), headers(accessToken, trace), body(agent, trace));
    int status = attempt instanceof Attempt.Answered(var reply) ? reply.status() : 0;
    history.add(new ModelCall(agent, trace, started, System.nanoTime(), status == 200, status));
    if (attempt instanceof Attempt.Answered(var reply) && status != 200) {
      history.addBadAnswers(
          switch (kind) {
            case ANTHROPIC -> AnswerForm.anthropicViolations(reply);
            case OPENAI -> AnswerForm.openAiViolations(reply);
          });
    }
    return attempt;
  }

  /** The same by an operation of a connector, which asks the upstream as a call of a model does. */
  public Attempt operate(AgentClient agent) {
    String trace = Trace.next();
    long started = System.nanoTime();
    var attempt =
        execute("message", request(agent.id(), trace, false), headers(agent.accessToken(), trace));
    int status = attempt instanceof Attempt.Answered(var reply) ? reply.status() : 0;
    history.add(
        new ModelCall(agent.id(), trace, started, System.nanoTime(), status == 200, status));
    if (attempt instanceof Attempt.Answered(var reply) && status != 200) {
      history.addBadAnswers(AnswerForm.problemViolations(reply));
    }
    return attempt;
  }

  /** What an order asks for, told apart from others by its subject. */
  public ObjectNode order(AgentClient agent, String subject) {
    return request(agent.id(), subject, false);
  }

  /**
   * One operation that people have to approve first.
   *
   * @param parameters as {@link #order(AgentClient, String)} makes them, or as they were changed
   * @param seconds that the caller wants to wait for a decision
   */
  public Attempt order(AgentClient agent, JsonNode parameters, int seconds) {
    var headers = new HashMap<>(headers(agent.accessToken(), Trace.next()));
    headers.put("Prefer", "wait=" + seconds);
    var attempt = execute("order", parameters, headers);
    if (attempt instanceof Attempt.Answered(var reply) && reply.status() >= 300) {
      history.addBadAnswers(AnswerForm.problemViolations(reply));
    }
    return attempt;
  }

  private Attempt execute(String operation, JsonNode parameters, Map<String, String> headers) {
    var body = Documents.object().put("connector", upstream.name()).put("operation", operation);
    body.set("parameters", parameters);
    return product
        .http()
        .attempt(
            "POST", node.get().acting().resolve("/v1/execute"), headers, Documents.write(body));
  }

  /**
   * One call that people have to approve first, the same each time for an agent and a subject.
   *
   * @param seconds that the caller wants to wait for a decision; 0: none
   */
  public Plea plead(AgentClient agent, String subject, int seconds) {
    String trace = Trace.next();
    var headers = new HashMap<>(headers(agent.accessToken(), trace));
    if (seconds > 0) {
      headers.put("Prefer", "wait=" + seconds);
    }
    var body = Documents.write(request(agent.id(), subject, false));
    long started = System.nanoTime();
    var attempt = product.http().attempt("POST", uri(Upstream.Kind.ANTHROPIC), headers, body);
    var answer = answer(attempt);
    var plea =
        new Plea(
            agent.id(),
            subject,
            started,
            answer instanceof Plea.Maybe ? Timed.NEVER : System.nanoTime(),
            answer);
    history.add(plea);
    if (attempt instanceof Attempt.Answered(var reply) && reply.status() != 200) {
      history.addBadAnswers(AnswerForm.anthropicViolations(reply));
    }
    return plea;
  }

  private static Plea.Answer answer(Attempt attempt) {
    return switch (attempt) {
      case Attempt.NotSent(var why) -> new Plea.Refused(why);
      case Attempt.Lost(var why) -> new Plea.Maybe(why);
      case Attempt.Answered(var reply) when reply.status() == 200 -> new Plea.Passed();
      case Attempt.Answered(var reply) when reply.status() >= 500 ->
          new Plea.Maybe(reply.toString());
      case Attempt.Answered(var reply) -> {
        var approval = reply.header("x-redoubt-approval");
        if (approval.isEmpty()) {
          yield new Plea.Refused(reply.toString());
        }
        yield reply.header("x-redoubt-decision").filter("escalate"::equals).isPresent()
            ? new Plea.Pending(approval.get())
            : new Plea.Denied(approval.get());
      }
    };
  }

  /** One call that offers a tool; the reply proposes two calls of it. */
  public Attempt callWithTool(AgentClient agent, Upstream.Kind kind, boolean stream) {
    String trace = Trace.next();
    var body = request(agent.id(), trace, stream);
    body.putArray("tools").addObject().put("name", "transfer");
    return product
        .http()
        .attempt("POST", uri(kind), headers(agent.accessToken(), trace), Documents.write(body));
  }

  /**
   * Waits until the agent is served in every form: each provider reaches the nodes by a command of
   * its own, a moment later.
   */
  public void awaitServed(AgentClient agent) {
    for (Upstream.Kind kind : Upstream.Kind.values()) {
      await("the provider is known: " + kind)
          .pollDelay(Duration.ZERO)
          .atMost(Duration.ofSeconds(10))
          .until(() ->
              call(agent, kind) instanceof Attempt.Answered(var reply) && reply.status() == 200);
    }
  }

  /** Opens a streamed reply and reads it in the background until it ends. */
  public LiveReply stream(AgentClient agent, Upstream.Kind kind) {
    return stream(agent, kind, "");
  }

  /** The same of a reply that the upstream ends after so long. */
  public LiveReply stream(AgentClient agent, Upstream.Kind kind, Duration lasts) {
    return stream(agent, kind, " " + lasts.toMillis());
  }

  /** The same, once it has begun: who is told to come again comes again. */
  public LiveReply begin(AgentClient agent, Upstream.Kind kind) {
    return await("the reply has begun")
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              var reply = stream(agent, kind);
              reply.begun.get(10, TimeUnit.SECONDS);
              if (reply.pieces() == 0
                  && !(reply.end.join().attempt() instanceof Attempt.Answered(var answer)
                      && answer.status() == 503)) {
                throw new AssertionError("ended before it began: " + reply.end.join().attempt());
              }
              return reply;
            },
            reply -> reply.pieces() > 0);
  }

  private LiveReply stream(AgentClient agent, Upstream.Kind kind, String wish) {
    var reply = new LiveReply();
    // The thread of the caller asks which node it is.
    URI uri = uri(kind);
    Thread.ofVirtual()
        .start(() -> {
          reply.end.complete(read(agent, uri, wish, reply));
          reply.begun.complete(null);
        });
    return reply;
  }

  private Ending read(AgentClient agent, URI uri, String wish, LiveReply live) {
    String trace = Trace.next();
    String body = body(agent.id(), trace, wish);
    long started = System.nanoTime();
    HttpResponse<InputStream> response;
    try {
      response = product.http().open("POST", uri, headers(agent.accessToken(), trace), body);
    } catch (IOException e) {
      history.add(new ModelCall(agent.id(), trace, started, System.nanoTime(), false, 0));
      return new Ending(Http.failed(e), false);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Ending(new Attempt.Lost(e.toString()), false);
    }
    int status = response.statusCode();
    // Now, not at its end: the checker asks when it started and whether it was permitted.
    history.add(
        new ModelCall(agent.id(), trace, started, System.nanoTime(), status == 200, status));
    boolean whole = false;
    String words = "ended";
    try (var lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        SENT.matcher(line)
            .results()
            .forEach(piece -> {
              history.add(new Chunk(agent.id(), trace, Long.parseLong(piece.group(1))));
              live.pieces.incrementAndGet();
              live.begun.complete(null);
            });
        whole |= Upstream.isLastWord(line);
      }
    } catch (IOException e) {
      words = "broken off: " + e;
    }
    return new Ending(
        new Attempt.Answered(new Reply(status, response.headers(), words + " (" + trace + ")")),
        whole);
  }

  private URI uri(Upstream.Kind kind) {
    return node.get().acting().resolve(kind.path());
  }

  private static Map<String, String> headers(String accessToken, String trace) {
    return Map.of(
        "Authorization",
        "Bearer " + accessToken,
        "traceparent",
        Trace.parent(trace),
        "anthropic-version",
        "2023-06-01");
  }

  private String body(String agent, String trace) {
    return Documents.write(request(agent, trace, false));
  }

  private String body(String agent, String trace, String wish) {
    return Documents.write(request(agent + wish, trace, true));
  }

  private ObjectNode request(String agent, String trace, boolean stream) {
    var body = Documents.object().put("model", upstream.model()).put("max_tokens", 64);
    if (stream) {
      body.put("stream", true);
    }
    body.putArray("messages")
        .add(Documents.object().put("role", "user").put("content", trace + " " + agent));
    return body;
  }
}
