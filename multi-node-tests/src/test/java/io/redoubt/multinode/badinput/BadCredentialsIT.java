package io.redoubt.multinode.badinput;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.multinode.product.Documents;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Reply;
import io.redoubt.multinode.product.SharedProduct;
import io.redoubt.multinode.product.TokenText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every endpoint that wants a credential, with every credential that is not the right one. */
@ExtendWith(SharedProduct.class)
final class BadCredentialsIT {
  private static final Set<Integer> REFUSED = Set.of(401);

  @Test
  void everyForgedCredentialIsRefusedEverywhere(Product product) throws Exception {
    var sweep = Sweep.of(product);
    var forgedForAgents = forgeries(sweep, sweep.agent().accessToken());
    var forgedForOperators = forgeries(sweep, sweep.operator().token());
    var secured =
        sweep.endpoints().stream()
            .filter(endpoint -> endpoint.credential() != Endpoint.Credential.NONE)
            .toList();

    for (Endpoint endpoint : secured) {
      var forged =
          switch (endpoint.credential()) {
            case AGENT -> forgedForAgents;
            case OPERATOR -> forgedForOperators;
            case ENCLAVE, NONE -> strangersKeys();
          };
      forged.forEach((what, token) ->
          sweep.expect(
              what,
              endpoint,
              withBody(endpoint, bare(endpoint).header("Authorization", "Bearer " + token)),
              REFUSED));
      otherSchemes(sweep, endpoint);
      othersCredentials(sweep, endpoint);
    }

    assertThat(secured).hasSizeGreaterThan(20);
    sweep.assertNothingWrong();
  }

  private static Map<String, String> forgeries(Sweep sweep, String genuine) throws Exception {
    var keys =
        RawHttp.exchange(
                sweep.product().runtime().node().agent(),
                Sweep.source(),
                new RawRequest("GET", "/v1/agent/discover/jwks.json").bytes())
            .orElseThrow();
    return new ForgedTokens(genuine, keys.json().at("/keys/0")).all();
  }

  private static Map<String, String> strangersKeys() {
    var keys = new LinkedHashMap<String, String>();
    keys.put("nothing", "");
    keys.put("no key", "abc");
    keys.put("a key of nobody", "rde_" + "A".repeat(60));
    keys.put("a refresh token", TokenText.stranger("rdr_"));
    return keys;
  }

  private static RawRequest bare(Endpoint endpoint) {
    return new RawRequest(endpoint.method(), endpoint.pathOfNobody());
  }

  private static RawRequest withBody(Endpoint endpoint, RawRequest request) {
    return endpoint.hasBody()
        ? request.body(endpoint.mediaType(), "{}".getBytes(StandardCharsets.UTF_8))
        : request;
  }

  private static void otherSchemes(Sweep sweep, Endpoint endpoint) {
    sweep.expect("no credential", endpoint, withBody(endpoint, bare(endpoint)), REFUSED);
    String genuine =
        Objects.requireNonNull(sweep.credential(endpoint.credential()).get("Authorization"));
    String token = genuine.substring("Bearer ".length());
    for (String scheme : List.of("Basic ", "Digest ", "", "Bearer" + token.substring(0, 9))) {
      sweep.expect(
          "the scheme \"" + scheme + "\"",
          endpoint,
          withBody(endpoint, bare(endpoint).header("Authorization", scheme + token)),
          REFUSED);
    }
    sweep.expect(
        "the credential in the query",
        endpoint,
        withBody(
            endpoint,
            new RawRequest(endpoint.method(), endpoint.pathOfNobody() + "?access_token=" + token)),
        REFUSED);
  }

  /** What is good for one kind of endpoint is good for no other. */
  private static void othersCredentials(Sweep sweep, Endpoint endpoint) {
    for (var kind : Endpoint.Credential.values()) {
      if (kind != endpoint.credential() && kind != Endpoint.Credential.NONE) {
        sweep.expect(
            "the credential of " + kind,
            endpoint,
            withBody(endpoint, bare(endpoint).headers(sweep.credential(kind))),
            REFUSED);
      }
    }
  }

  @Test
  void badAgentTokensAreRefusedAndHarmNobody(Product product) {
    var sweep = Sweep.of(product);
    var agent = product.runtime().node().agent();
    String genuine = sweep.agent().refreshToken();
    var bad = new LinkedHashMap<String, Integer>();
    bad.put(TokenText.stranger("rdr_"), 401);
    bad.put(TokenText.stranger("rdb_"), 401);
    bad.put(genuine.substring(0, genuine.length() - 1), 401);
    bad.put(genuine + "A", 401);
    bad.put(genuine.replace("rdr_", "rdb_"), 401);
    bad.put("rdr_" + "A".repeat(genuine.length() - 4), 401);
    bad.put(changed(genuine, 10), 401);
    bad.put(changed(genuine, 80), 401);
    bad.put("", 401);
    bad.put("rdr_\u0000", 401);
    bad.put("' OR 1=1 --", 401);
    for (String path : List.of("refresh", "bootstrap")) {
      bad.forEach((token, status) -> {
        var body = Documents.object().put(path + "_token", token);
        var request =
            new RawRequest("POST", "/v1/agent/" + path)
                .body("application/json", Documents.write(body).getBytes(StandardCharsets.UTF_8));
        Reply reply = sweep.answer(agent, request.bytes()).orElseThrow();
        sweep.check(path + " with " + token, Endpoint.Form.PROBLEM, reply, Set.of(status, 422));
      });
    }
    for (String digest : List.of("", "zz", "a".repeat(63), "A".repeat(64), "0".repeat(65))) {
      var body =
          Documents.object().put("refresh_token", genuine).put("next_refresh_token_digest", digest);
      var request =
          new RawRequest("POST", "/v1/agent/refresh")
              .body("application/json", Documents.write(body).getBytes(StandardCharsets.UTF_8));
      Reply reply = sweep.answer(agent, request.bytes()).orElseThrow();
      sweep.check("the digest " + digest, Endpoint.Form.PROBLEM, reply, Set.of(422));
    }

    assertThat(sweep.agent().rotate().successor()).as("the genuine token still works").isNotNull();
    sweep.assertNothingWrong();
  }

  private static String changed(String token, int at) {
    char other = token.charAt(at) == 'A' ? 'B' : 'A';
    return token.substring(0, at) + other + token.substring(at + 1);
  }

  @Test
  void whatBelongsToAnotherOrganizationIsAnsweredLikeWhatIsMissing(Product product) {
    var sweep = Sweep.of(product);
    var ours = idsOf(sweep);
    var stranger = strangersOperator(sweep, product);
    var described =
        sweep.endpoints().stream()
            .filter(endpoint -> endpoint.credential() == Endpoint.Credential.OPERATOR)
            .filter(endpoint -> endpoint.pathParameters().size() == 1)
            // A name, unlike an id, is everybody's own: whoever puts one makes a thing of theirs.
            .filter(endpoint -> !endpoint.method().equals("PUT"))
            .toList();
    var compared = new ArrayList<String>();

    for (Endpoint endpoint : described) {
      String id =
          ours.keySet().stream()
              .filter(segment -> endpoint.template().contains(segment + "/{"))
              .findFirst()
              .map(ours::get)
              .orElse("");
      if (id.isEmpty()) {
        continue;
      }
      Reply foreign = ask(sweep, endpoint, stranger, endpoint.pathWith(_ -> id));
      Reply missing = ask(sweep, endpoint, stranger, endpoint.pathOfNobody());
      if (foreign.status() != missing.status() || !anonymous(foreign).equals(anonymous(missing))) {
        sweep.violation(
            endpoint + " differs", "%s: %s, but %s".formatted(endpoint, foreign, missing));
      }
      if (foreign.status() < 400) {
        sweep.violation(
            endpoint + " succeeds", "%s: a stranger succeeds: %s".formatted(endpoint, foreign));
      }
      compared.add(endpoint.toString());
    }

    assertThat(compared).hasSizeGreaterThan(8);
    sweep.assertNothingWrong();
  }

  /** One of each thing that the first organization has, by the path segment in front of its id. */
  private static Map<String, String> idsOf(Sweep sweep) {
    var operator = sweep.operator();
    var ids = new LinkedHashMap<String, String>();
    ids.put("/agents", sweep.agent().id());
    ids.put("/enclaves", sweep.product().runtime().enclave());
    ids.put("/organizations", sweep.product().runtime().organization());
    ids.put("/clients", sweep.product().runtime().clientId());
    ids.put(
        "/members", operator.call("GET", "/api/v1/iam/members", null).at("/items/0/id").asText());
    ids.put(
        "/providers", operator.call("GET", "/api/v1/providers", null).at("/items/0/name").asText());
    return ids;
  }

  private static Operator strangersOperator(Sweep sweep, Product product) {
    var body = Documents.object().put("name", "strangers-" + System.nanoTime());
    body.putObject("owner").put("name", "Somebody Else");
    var made = sweep.operator().call("POST", "/api/v1/iam/organizations", body);
    var client = made.required("client");
    return new Operator(
        product,
        client.isTextual() ? client.asText() : client.required("id").asText(),
        product.secrets().note(made.required("client_secret").asText()));
  }

  private static Reply ask(Sweep sweep, Endpoint endpoint, Operator operator, String path) {
    var request =
        new RawRequest(endpoint.method(), path)
            .header("Authorization", "Bearer " + operator.token());
    if (endpoint.hasBody()) {
      request.body(
          endpoint.mediaType(),
          Documents.write(SampleBody.of(endpoint.body(), "https://provider.example"))
              .getBytes(StandardCharsets.UTF_8));
    }
    return sweep.answer(endpoint.server(), request.bytes()).orElseThrow();
  }

  /** The document without what differs from request to request anyway. */
  private static String anonymous(Reply reply) {
    return reply
        .text()
        .replaceAll("\"trace_id\":\"[^\"]*\"", "")
        .replaceAll("\"instance\":\"[^\"]*\"", "");
  }
}
