package io.redoubt.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Metrics speak of all organizations of an enclave: not everybody reads them. */
class MetricsAccessTest {

  @Test
  void metricsTakeAnOperatorOfTheInstallationWhereTheyAreNotThisMachinesOwn() {
    assertThat(MetricsAccess.LOCAL.needsOperator(true)).isFalse();
    assertThat(MetricsAccess.LOCAL.needsOperator(false)).isTrue();
    assertThat(MetricsAccess.OPERATOR.needsOperator(true)).isTrue();
    assertThat(MetricsAccess.ANYBODY.needsOperator(false)).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MetricsAccess.parse("everybody"))
        .withMessageContaining("redoubt.enclave.servers.metrics-access");
  }

  @Test
  void aServerThatAsksForAnOperatorAnswersNobodyElse() throws Exception {
    try (var fixture =
        new EnclaveFixture(Map.of("redoubt.enclave.servers.metrics-access", "operator"))) {
      var metrics = fixture.enclave().managementUrl().resolve("/metrics");

      assertThat(Http.get(metrics).status()).isEqualTo(401);
      assertThat(ask(fixture, "enclaves:read").status()).isEqualTo(403);
      Answer answer = ask(fixture, "organizations:manage");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).contains("redoubt_");
      assertThat(Http.get(metrics.resolve("/alive")).status()).isEqualTo(200);
    }
  }

  private static Answer ask(EnclaveFixture fixture, String permission) {
    return Http.get(
        fixture.enclave().managementUrl().resolve("/metrics"),
        "Authorization",
        "Bearer " + fixture.operatorToken(permission));
  }
}
