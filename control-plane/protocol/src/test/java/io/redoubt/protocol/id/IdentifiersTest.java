package io.redoubt.protocol.id;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.redoubt.protocol.json.Json;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentifiersTest {
  private static final InstantSource STILL =
      InstantSource.fixed(Instant.parse("2026-11-20T12:00:00Z"));

  static Stream<Arguments> kinds() {
    return Stream.of(
        kind("agt_", AgentId::parse, AgentId.next(STILL)),
        kind("org_", OrganizationId::parse, OrganizationId.next(STILL)),
        kind("enc_", EnclaveId::parse, EnclaveId.next(STILL)),
        kind("act_", ActionId::parse, ActionId.next(STILL)),
        kind("aud_", AuditId::parse, AuditId.next(STILL)),
        kind("iso_", IsolationId::parse, IsolationId.next(STILL)),
        kind("fam_", FamilyId::parse, FamilyId.ofDigest(new byte[32])));
  }

  private static Arguments kind(String prefix, Function<String, Object> parse, Object id) {
    return Arguments.of(prefix, parse, id);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void anIdComesBack(String prefix, Function<String, Object> parse, Object id) throws Exception {
    assertThat(id.toString()).matches(prefix + "[0-9a-f]{32}");
    assertThat(parse.apply(id.toString())).isEqualTo(id);
    assertThat(Json.STRICT.readValue(Json.write(id), id.getClass())).isEqualTo(id);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void anIdOfAnotherKindIsRefused(String prefix, Function<String, Object> parse, Object id) {
    String other = (prefix.equals("agt_") ? "org_" : "agt_") + id.toString().substring(4);

    assertThatIllegalArgumentException().isThrownBy(() -> parse.apply(other));
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "agt_",
        "agt_0192f5c07a3e7b9c8d1e2f3a4b5c6d7",
        "agt_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e0",
        "agt_0192F5C07A3E7B9C8D1E2F3A4B5C6D7E",
        "AGT_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e",
        "agt_0192f5c0-7a3e-7b9c-8d1e-2f3a4b5c6d7e",
        "agt_+192f5c07a3e7b9c8d1e2f3a4b5c6d7e",
        "agt_0192f5c07a3e7b9c8d1e2f3a4b5c6d7g",
        " agt_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e",
        "agt_٠192f5c07a3e7b9c8d1e2f3a4b5c6d7e",
        "agt_' or '1'='1"
      })
  void anythingElseIsNoId(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> AgentId.parse(text));
  }

  @Test
  void idsGrowEvenWhileTheClockStandsStill() {
    var ids = IntStream.range(0, 10_000).mapToObj(_ -> AgentId.next(STILL).toString()).toList();

    assertThat(ids).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void idsGrowEvenWhenTheClockGoesBack() {
    var first = AgentId.next(STILL).toString();
    var earlier = InstantSource.fixed(STILL.instant().minusSeconds(3600));

    assertThat(AgentId.next(earlier).toString()).isGreaterThan(first);
  }

  @Test
  void idsAreVersionSevenAndOfTheRightVariant() {
    var uuid = AgentId.next(STILL).uuid();

    assertThat(uuid.version()).isEqualTo(7);
    assertThat(uuid.variant()).isEqualTo(2);
  }

  @Test
  void concurrentIdsAreDistinct() throws Exception {
    try (var threads = Executors.newFixedThreadPool(4)) {
      Callable<List<AgentId>> work =
          () -> IntStream.range(0, 2_000).mapToObj(_ -> AgentId.next(STILL)).toList();
      var all = new ArrayList<AgentId>();
      for (var result : threads.invokeAll(List.of(work, work, work, work))) {
        all.addAll(result.get());
      }

      assertThat(new HashSet<>(all)).hasSize(8_000);
    }
  }

  @Test
  void anActionsAuditRecordSharesItsBits() {
    var action = ActionId.next(STILL);

    assertThat(action.auditId().toString().substring(4)).isEqualTo(action.toString().substring(4));
  }

  @Test
  void theRecordOfACommandHasOneIdHoweverOftenItIsCarriedOut() {
    var enclave = EnclaveId.parse("enc_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
    var at = Instant.parse("2026-11-20T12:00:00.123Z");

    var id = AuditId.ofCommand(enclave, 7, at);

    assertThat(AuditId.ofCommand(enclave, 7, at)).isEqualTo(id);
    assertThat(AuditId.ofCommand(enclave, 8, at)).isNotEqualTo(id);
    assertThat(id.uuid().version()).isEqualTo(7);
    assertThat(id.uuid().variant()).isEqualTo(2);
    assertThat(id.uuid().getMostSignificantBits() >>> 16).isEqualTo(at.toEpochMilli());
  }
}
