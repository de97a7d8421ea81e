package io.redoubt.multinode.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.Documents;
import io.redoubt.multinode.product.Leases;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Parrot;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.proxy.sdk.SdkAgent;
import io.redoubt.proxy.sdk.SdkAgent.Answer;
import io.redoubt.proxy.sdk.SdkAgent.Api;
import io.redoubt.proxy.sdk.SdkAgent.Heard;
import io.redoubt.proxy.sdk.SdkAgent.Question;
import io.redoubt.proxy.sdk.SdkAgent.Refused;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * An organization of its own whose policies change, a model of its own, and agents that are written
 * with the vendors' SDKs.
 */
final class Governed implements AutoCloseable {
  /** Somebody may be asked, and nobody will answer. */
  private static final Map<String, String> AT_ONCE = Map.of("prefer", "wait=0");

  /** Each style of the providers, streamed and not. */
  record Way(Api api, boolean streamed) {}

  static final List<Way> WAYS =
      Arrays.stream(Api.values())
          .flatMap(api -> Stream.of(new Way(api, true), new Way(api, false)))
          .toList();

  private final Product product;
  private final Leases leases;
  private final Parrot parrot;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Operator operator;
  private final SdkAgent agent;

  Governed(Product product) {
    this.product = product;
    this.leases = new Leases(product);
    this.parrot = Parrot.start(product);
    this.operator = Operator.of(product).foundOrganization("governed").operator();
    parrot.serve(operator);
    this.agent = agent(Documents.object());
    await("the model is served")
        .atMost(Duration.ofSeconds(20))
        .until(() -> ask(new Way(Api.CHAT, false), "Hello") instanceof Heard);
  }

  /** A further agent, of which more is said than its name. */
  SdkAgent agent(ObjectNode more) {
    var booted =
        AgentClient.boot(
            product,
            new TokenEndpoint(product, new History()),
            operator.createAgent("governed", more),
            AgentClient.Successors.BY_ENCLAVE);
    String base = product.runtime().node().acting().toString();
    return new SdkAgent(
        client,
        base.endsWith("/") ? base.substring(0, base.length() - 1) : base,
        booted::accessToken,
        2);
  }

  Parrot parrot() {
    return parrot;
  }

  Operator operator() {
    return operator;
  }

  /** A policy of the draft. */
  void put(String name, String cedar) {
    operator.call(
        "PUT",
        "/api/v1/policies/" + name,
        Documents.object().put("cedar", cedar.replace("MODEL", parrot.model())));
  }

  /** What is done about what is found, in the draft. */
  void putContent(String json) {
    operator.call("PUT", "/api/v1/content-policies/organization", Documents.parse(json));
  }

  /** The draft decides from now on. */
  long publish() {
    var published = operator.call("POST", "/api/v1/bundles", Documents.object());
    assertThat(published.required("nodes").findValuesAsText("acknowledged_at")).hasSize(1);
    return published.required("version").asLong();
  }

  Answer ask(Way way, String prompt) {
    return ask(agent, way, prompt);
  }

  /** Once more where the machine stood still, and the node has cut the reply for that. */
  Answer ask(SdkAgent who, Way way, String prompt) {
    for (double lost = leases.lost(); ; ) {
      var answer =
          who.attempt(way.api(), way.streamed(), new Question(parrot.model(), prompt, AT_ONCE));
      double now = leases.lost();
      if (now == lost) {
        return answer;
      }
      lost = now;
    }
  }

  Heard hear(Way way, String prompt) {
    if (ask(way, prompt) instanceof Heard heard) {
      return heard;
    }
    throw new AssertionError("not heard: " + way);
  }

  /** Every way, before any record is looked at: records take a moment to come. */
  Map<Way, Heard> hearAll(String prompt) {
    var all = new LinkedHashMap<Way, Heard>();
    WAYS.forEach(way -> all.put(way, hear(way, prompt)));
    return all;
  }

  /** The same of refusals. */
  Map<Way, Refused> refuseAll(String prompt) {
    var all = new LinkedHashMap<Way, Refused>();
    WAYS.forEach(way -> all.put(way, refusal(way, prompt)));
    return all;
  }

  Refused refusal(Way way, String prompt) {
    if (ask(way, prompt) instanceof Refused refused) {
      return refused;
    }
    throw new AssertionError("not refused: " + way);
  }

  /** Why an action went the way it did, as soon as its record says that much. */
  JsonNode explain(String action, Predicate<JsonNode> whole) {
    return await("the record of " + action)
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> operator.send("GET", "/api/v1/audit/" + action + "/explanation", null),
            reply -> reply.status() == 200 && whole.test(reply.json()))
        .json();
  }

  JsonNode explain(String action) {
    return explain(action, _ -> true);
  }

  /** Of the call of a tool that the reply to this action proposed. */
  JsonNode explainCall(String tool, String action) {
    String id =
        await("the call of " + tool)
            .pollDelay(Duration.ZERO)
            .atMost(Duration.ofSeconds(10))
            .until(() -> calls(tool, action), ids -> !ids.isEmpty())
            .getFirst();
    return explain(id.replace("aud_", "act_"));
  }

  private List<String> calls(String tool, String action) {
    var newest = operator.call("GET", "/api/v1/audit?limit=200&plane=tool", null).required("items");
    return StreamSupport.stream(newest.spliterator(), false)
        .filter(record -> record.path("resource").asText().equals(tool))
        .filter(record -> record.path("detail").asText().contains("in the reply to " + action))
        .map(record -> record.required("id").asText())
        .toList();
  }

  @Override
  public void close() {
    parrot.close();
    client.shutdownNow();
  }
}
