package io.redoubt.multinode.badinput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.history.History;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.AnswerForm;
import io.redoubt.multinode.product.Documents;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Reply;
import io.redoubt.multinode.product.TokenEndpoint;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Sends bad requests and holds every answer against the contract. Comes from source addresses of
 * its own, so that what is done to strangers is not done to the honest clients of this machine.
 */
final class Sweep {
  private static final int NOT_FOUND = 404;
  private static final List<String> LLM =
      List.of(
          "/v1/messages",
          "/v1/messages/count_tokens",
          "/v1/chat/completions",
          "/v1/responses",
          "/v1/embeddings");

  /** What the edge may say to any request. */
  private static final Set<Integer> EDGE = Set.of(400, 405, 408, 413, 414, 415, 431);

  /** Characters of a description; some inputs are long. */
  private static final int LABEL = 100;

  private static final int SHOWN = 2;
  private static final AtomicInteger SOURCES = new AtomicInteger();

  private final Product product;
  private final Operator operator;
  private final AgentClient agent;
  private final String enclaveKey;
  private final Set<Long> before;
  private final List<String> violations = new ArrayList<>();
  private final Map<String, Integer> seen = new HashMap<>();

  private Sweep(Product product, Operator operator, AgentClient agent, String enclaveKey) {
    this.product = product;
    this.operator = operator;
    this.agent = agent;
    this.enclaveKey = enclaveKey;
    this.before = pids(product);
  }

  static Sweep of(Product product) {
    var operator = Operator.of(product);
    var enclave =
        operator.call(
            "POST", "/api/v1/enclaves", Documents.object().put("name", "e" + System.nanoTime()));
    return new Sweep(
        product,
        operator,
        AgentClient.boot(
            product,
            new TokenEndpoint(product, new History()),
            operator.createAgent("sweep"),
            AgentClient.Successors.BY_CLIENT),
        product.secrets().note(enclave.required("api_key").asText()));
  }

  Operator operator() {
    return operator;
  }

  AgentClient agent() {
    return agent;
  }

  Product product() {
    return product;
  }

  /** Notes what is wrong; of many of a kind only the first few, since one defect has many faces. */
  synchronized void violation(String kind, String sentence) {
    if (seen.merge(kind, 1, Integer::sum) <= SHOWN) {
      violations.add(sentence);
    }
  }

  List<URI> servers() {
    Installation.Node node = product.runtime().node();
    return List.of(
        product.runtime().controlPlane(), node.agent(), node.acting(), node.management());
  }

  /**
   * In which form a server refuses what comes to no route. Where models are called, what is not
   * even HTTP may come of any SDK; a path that there is not, of one only below {@code /v1}.
   */
  Endpoint.Form formBeforeRoutes(URI server, String head, Reply reply) {
    if (!server.equals(product.runtime().node().acting())) {
      return Endpoint.Form.PROBLEM;
    }
    if (reply.status() != NOT_FOUND) {
      return Endpoint.Form.ANTHROPIC;
    }
    return head.contains(" /v1/") ? Endpoint.Form.OPENAI : Endpoint.Form.PROBLEM;
  }

  /** Everything that the servers say they serve, and what the contract says besides. */
  List<Endpoint> endpoints() {
    var endpoints = new ArrayList<Endpoint>();
    for (URI server : servers()) {
      var reply = RawHttp.exchange(server, source(), get("/openapi.json"));
      if (reply.isEmpty() || reply.get().status() != 200) {
        violations.add(server + " has no /openapi.json: " + reply);
        continue;
      }
      endpoints.addAll(new ApiDescription(server, reply.get().json()).endpoints());
    }
    var described = new TreeSet<String>();
    endpoints.forEach(endpoint -> described.add(endpoint.template()));
    URI acting = product.runtime().node().acting();
    LLM.stream()
        .filter(path -> !described.contains(path))
        .forEach(path -> endpoints.add(Endpoint.undescribed(acting, "POST", path)));
    return endpoints;
  }

  /** A head that is right, for an endpoint, with a credential that is good. */
  RawRequest request(Endpoint endpoint) {
    return request(endpoint, endpoint.pathOfNobody());
  }

  RawRequest request(Endpoint endpoint, String target) {
    return new RawRequest(endpoint.method(), target).headers(credential(endpoint.credential()));
  }

  Map<String, String> credential(Endpoint.Credential kind) {
    return switch (kind) {
      case NONE -> Map.of();
      case OPERATOR -> Map.of("Authorization", "Bearer " + operator.token());
      case ENCLAVE -> Map.of("Authorization", "Bearer " + enclaveKey);
      case AGENT -> Map.of("Authorization", "Bearer " + agent.accessToken());
    };
  }

  /** Sends, and notes whatever is wrong with the answer. */
  void expect(String label, Endpoint endpoint, RawRequest request, Set<Integer> statuses) {
    String what = label.substring(0, Math.min(LABEL, label.length()));
    var reply = answer(endpoint.server(), request.bytes());
    if (reply.isEmpty()) {
      violation(endpoint + " is silent", "%s, %s: no answer".formatted(endpoint, what));
      return;
    }
    check("%s, %s".formatted(endpoint, what), endpoint.form(), reply.get(), statuses);
    int status = reply.get().status();
    if (!endpoint.documented().isEmpty()
        && !endpoint.documented().contains(status)
        && !EDGE.contains(status)) {
      String kind = "%s: %d is not documented".formatted(endpoint, status);
      violation(kind, kind + ": " + what);
    }
  }

  /** Likewise, for what the server need not read to its end: its answer may get lost then. */
  void expectOrHangUp(String what, Endpoint endpoint, RawRequest request, Set<Integer> statuses) {
    answer(endpoint.server(), request.bytes())
        .ifPresent(
            reply -> check("%s, %s".formatted(endpoint, what), endpoint.form(), reply, statuses));
  }

  /** Asks again where too much was asked at once: that is not the matter here. */
  Optional<Reply> answer(URI server, byte[] request) {
    return await("an answer other than 429")
        .atMost(Duration.ofSeconds(30))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(300))
        .until(
            () -> RawHttp.exchange(server, source(), request),
            reply -> reply.isEmpty() || reply.get().status() != 429);
  }

  void check(String what, Endpoint.Form form, Reply reply, Set<Integer> statuses) {
    String kind = what.replaceFirst(",.*", "") + " " + reply.status();
    if (!statuses.contains(reply.status())) {
      violation(
          kind + statuses,
          "%s: expected %s, got %s".formatted(what, new TreeSet<>(statuses), reply));
    }
    if (reply.header("x-injected").isPresent()) {
      violation(kind + " injected", "%s: a header was injected: %s".formatted(what, reply));
    }
    var wrong = reply.status() >= 400 ? form(form, reply) : AnswerForm.leaks(reply.text());
    wrong.forEach(one -> violation(kind + one.replaceFirst(":.*", ""), what + ": " + one));
  }

  private static List<String> form(Endpoint.Form form, Reply reply) {
    // What is refused before any route sees it has no provider's form.
    boolean problem = !reply.problem().isEmpty();
    return switch (form) {
      case PROBLEM -> AnswerForm.problemViolations(reply);
      case ANTHROPIC ->
          problem && EDGE.contains(reply.status())
              ? AnswerForm.problemViolations(reply)
              : AnswerForm.anthropicViolations(reply);
      case OPENAI ->
          problem && EDGE.contains(reply.status())
              ? AnswerForm.problemViolations(reply)
              : AnswerForm.openAiViolations(reply);
      // What is wrong with a form, or with who sends it, is said as OAuth does.
      case OAUTH ->
          problem && reply.status() != 400 && reply.status() != 401
              ? AnswerForm.problemViolations(reply)
              : AnswerForm.oauthViolations(reply);
    };
  }

  /** A new source each time: 127.66.0.1 to 127.66.255.254. */
  static String source() {
    int next = SOURCES.incrementAndGet();
    return "127.66." + (next / 250 % 250) + "." + (next % 250 + 1);
  }

  private static byte[] get(String path) {
    return new RawRequest("GET", path).bytes();
  }

  /** After all that was sent: the same processes, ready, working, and silent about secrets. */
  void assertNothingWrong() {
    if (!before.equals(pids(product)) || !product.serversAlive()) {
      violations.add("a process died: " + before + " before, " + pids(product) + " now");
    }
    product.awaitReady();
    if (agent.rotate().successor() == null) {
      violations.add("an honest agent cannot rotate any more");
    }
    int status = operator.send("GET", "/api/v1/agents", null).status();
    if (status != 200) {
      violations.add("an honest operator is answered " + status);
    }
    for (String secret : product.secrets().foundIn(product.logs())) {
      violations.add("a secret in a log: " + secret);
    }
    assertThat(violations).isEmpty();
  }

  private static Set<Long> pids(Product product) {
    var pids = new TreeSet<Long>();
    Stream.concat(
            Stream.of(product.runtime().controlPlanePid()),
            product.runtime().nodes().stream().map(Installation.Node::pid))
        .forEach(pids::add);
    return pids;
  }
}
