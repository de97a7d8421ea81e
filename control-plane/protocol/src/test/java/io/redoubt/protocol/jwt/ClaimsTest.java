package io.redoubt.protocol.jwt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.protocol.token.TokenDigest;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Claims are read as they were written, or not at all. */
class ClaimsTest {
  private static final SigningKey KEY = SigningKey.generate();
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final AgentId AGENT = AgentId.parse("agt_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
  private static final OrganizationId ORGANIZATION =
      OrganizationId.parse("org_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
  private static final FamilyId FAMILY = FamilyId.parse("fam_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");

  private static final AccessClaims ACCESS =
      new AccessClaims(
          "urn:redoubt:enclave:enc_1",
          "urn:redoubt:enclave:enc_1",
          AGENT,
          ORGANIZATION,
          FAMILY,
          "jti",
          NOW,
          NOW.plusSeconds(300),
          List.of(Cidr.parse("10.0.0.0/8")),
          "thumbprint");
  private static final OperatorClaims OPERATOR =
      new OperatorClaims(
          "urn:redoubt:control-plane",
          OperatorClaims.AUDIENCE,
          "mem_1",
          "cli_1",
          ORGANIZATION,
          Set.of("agents:read", "agents:manage"),
          "jti",
          NOW,
          NOW.plusSeconds(900),
          NOW.minusSeconds(5),
          NOW.minusSeconds(60).plusNanos(7_000));
  private static final ServiceIdentity SERVICE =
      new ServiceIdentity(
          "egress",
          AGENT,
          ORGANIZATION,
          FAMILY,
          "access-jti",
          "POST",
          "/v1/messages",
          TokenDigest.of("body"),
          "jti",
          NOW,
          NOW.plusSeconds(10));

  static Stream<Arguments> kinds() {
    return Stream.of(
        kind(Jws.Type.AGENT_ACCESS, ACCESS, ACCESS.sign(KEY), AccessClaims::read),
        kind(Jws.Type.OPERATOR_ACCESS, OPERATOR, OPERATOR.sign(KEY), OperatorClaims::read),
        kind(Jws.Type.SERVICE_IDENTITY, SERVICE, SERVICE.sign(KEY), ServiceIdentity::read));
  }

  private static Arguments kind(
      Jws.Type type, Object claims, String token, Function<byte[], Optional<?>> read) {
    return Arguments.of(type, claims, payload(type, token), read);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void claimsComeBack(
      Jws.Type type, Object claims, ObjectNode payload, Function<byte[], Optional<?>> read) {
    assertThat(read.apply(bytes(payload)).orElseThrow()).isEqualTo(claims);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyMissingOrNullClaimIsRefused(
      Jws.Type type, Object claims, ObjectNode payload, Function<byte[], Optional<?>> read) {
    for (String name : names(payload)) {
      if (Set.of("client_cidr", "cnf", "auth_time", "secret_from").contains(name)) {
        continue; // leaving these out is a statement of its own, see below
      }
      var missing = payload.deepCopy();
      missing.remove(name);
      var empty = payload.deepCopy();
      empty.set(name, NullNode.instance);

      assertThat(read.apply(bytes(missing))).as("%s without %s", type, name).isEmpty();
      assertThat(read.apply(bytes(empty))).as("%s with %s null", type, name).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyClaimOfAnotherTypeIsRefused(
      Jws.Type type, Object claims, ObjectNode payload, Function<byte[], Optional<?>> read) {
    List<JsonNode> others =
        List.of(
            new TextNode("x"),
            new IntNode(7),
            BooleanNode.TRUE,
            JsonNodeFactory.instance.arrayNode().add(payload.get("iss")),
            JsonNodeFactory.instance.arrayNode().add(NullNode.instance),
            JsonNodeFactory.instance.objectNode().put("a", 1));
    for (String name : names(payload)) {
      for (JsonNode other : others) {
        boolean sameShape = other.getNodeType() == payload.get(name).getNodeType();
        boolean text = sameShape && other.isTextual() && !isParsed(payload.get(name));
        if (text || (sameShape && other.isNumber())) {
          continue;
        }
        if (name.equals("permissions") && other.isArray() && other.get(0).isTextual()) {
          continue;
        }
        var wrong = payload.deepCopy();
        wrong.set(name, other);
        assertThat(read.apply(bytes(wrong))).as("%s with %s = %s", type, name, other).isEmpty();
      }
    }
  }

  /** Whether a text means more than itself. */
  private static boolean isParsed(JsonNode claim) {
    return claim.textValue().matches("(agent:)?(agt|org|fam)_.*|[0-9a-f]{64}");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void anUnknownClaimIsRefused(
      Jws.Type type, Object claims, ObjectNode payload, Function<byte[], Optional<?>> read) {
    assertThat(read.apply(bytes(payload.deepCopy().put("nbf", 1)))).isEmpty();
    assertThat(read.apply(bytes(payload.deepCopy().put("scope", "all")))).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void timesBeyondAllTimeAreRefused(
      Jws.Type type, Object claims, ObjectNode payload, Function<byte[], Optional<?>> read) {
    assertThat(read.apply(bytes(payload.deepCopy().put("exp", Long.MAX_VALUE)))).isEmpty();
    assertThat(read.apply(bytes(payload.deepCopy().put("iat", Long.MIN_VALUE)))).isEmpty();
    assertThat(read.apply(bytes(payload.deepCopy().put("exp", 1.5)))).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void whatIsNoObjectIsRefused(
      Jws.Type type, Object claims, ObjectNode payload, Function<byte[], Optional<?>> read) {
    for (String text : new String[] {"", "null", "[]", "7", "\"x\"", "{", "{}", "{} {}"}) {
      assertThat(read.apply(text.getBytes(UTF_8))).as(text).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aClaimSaidTwiceIsRefused(
      Jws.Type type, Object claims, ObjectNode payload, Function<byte[], Optional<?>> read) {
    String twice = payload.toString().replaceFirst("\\{", "{\"jti\":\"other\",");

    assertThat(read.apply(twice.getBytes(UTF_8))).isEmpty();
  }

  @Test
  void whoSaysNothingOfTheirAuthenticationHasNotAuthenticatedLately() {
    var payload = payload(Jws.Type.OPERATOR_ACCESS, OPERATOR.sign(KEY));

    var said = OperatorClaims.read(bytes(payload)).orElseThrow();
    payload.remove("auth_time");
    var silent = OperatorClaims.read(bytes(payload)).orElseThrow();

    assertThat(said.authenticationAge(NOW)).hasValue(5);
    assertThat(said.within(Set.of()).authenticationAge(NOW)).hasValue(5);
    assertThat(silent.authenticationAge(NOW)).isEmpty();
  }

  @Test
  void ofWhichSecretATokenIsStaysWhereItIsCutDownAndMayBeUnsaid() {
    var payload = payload(Jws.Type.OPERATOR_ACCESS, OPERATOR.sign(KEY));

    assertThat(OPERATOR.within(Set.of()).secretFrom()).isEqualTo(OPERATOR.secretFrom());
    payload.remove("secret_from");
    assertThat(OperatorClaims.read(bytes(payload)).orElseThrow().secretFrom()).isNull();
  }

  @Test
  void nobodyAuthenticatedAfterTheirTokenWasIssued() {
    var payload = payload(Jws.Type.OPERATOR_ACCESS, OPERATOR.sign(KEY));

    assertThat(
            OperatorClaims.read(
                bytes(payload.deepCopy().put("auth_time", NOW.getEpochSecond() + 1))))
        .isEmpty();
    assertThat(OperatorClaims.read(bytes(payload.deepCopy().put("auth_time", Long.MIN_VALUE))))
        .isEmpty();
    var ahead = OperatorClaims.read(bytes(payload)).orElseThrow();
    assertThat(ahead.authenticationAge(NOW.minusSeconds(30)))
        .as("by a clock that is behind: just now, and never less")
        .hasValue(0);
  }

  @Test
  void anAccessTokenWithoutRestrictionsIsBearerFromAnywhere() {
    var open =
        new AccessClaims(
            "i",
            "a",
            AGENT,
            ORGANIZATION,
            FAMILY,
            "jti",
            NOW,
            NOW.plusSeconds(300),
            List.of(),
            null);
    var payload = payload(Jws.Type.AGENT_ACCESS, open.sign(KEY));

    assertThat(names(payload)).doesNotContain("client_cidr", "cnf");
    assertThat(AccessClaims.read(bytes(payload))).contains(open);
  }

  @Test
  void aRestrictionThatCannotBeReadIsNoRestrictionLifted() {
    var payload = payload(Jws.Type.AGENT_ACCESS, ACCESS.sign(KEY));

    var noKey = payload.deepCopy();
    noKey.set("cnf", JsonNodeFactory.instance.objectNode());
    var otherConfirmation = payload.deepCopy();
    otherConfirmation.set("cnf", JsonNodeFactory.instance.objectNode().put("x5t#S256", "x"));
    var noBlock = payload.deepCopy();
    noBlock.set("client_cidr", JsonNodeFactory.instance.arrayNode().add("anywhere"));

    assertThat(AccessClaims.read(bytes(noKey))).isEmpty();
    assertThat(AccessClaims.read(bytes(otherConfirmation))).isEmpty();
    assertThat(AccessClaims.read(bytes(noBlock))).isEmpty();
  }

  @Test
  void theSubjectOfAnAccessTokenIsAnAgent() {
    var payload = payload(Jws.Type.AGENT_ACCESS, ACCESS.sign(KEY));

    assertThat(payload.get("sub").textValue()).isEqualTo("agent:" + AGENT);
    assertThat(AccessClaims.read(bytes(payload.deepCopy().put("sub", AGENT.toString())))).isEmpty();
    assertThat(AccessClaims.read(bytes(payload.deepCopy().put("sub", "operator:" + AGENT))))
        .isEmpty();
  }

  private static ObjectNode payload(Jws.Type type, String token) {
    byte[] json =
        Jws.parse(type, token, 4096)
            .flatMap(jws -> jws.payloadIfSignedBy(KEY.publicHalf()))
            .orElseThrow();
    try {
      return (ObjectNode) Json.LENIENT.readTree(json);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> names(ObjectNode payload) {
    var names = new ArrayList<String>();
    payload.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static byte[] bytes(ObjectNode payload) {
    return payload.toString().getBytes(UTF_8);
  }
}
