package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AuditBatch;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.OrganizationSpec;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** G8 on a whole node: past the window, over a restart, and back. */
class FrozenTest {
  @Test
  void pastTheWindowOneOrganizationIsFrozenAndAnotherGoesOn() {
    try (var fixture =
        new EnclaveFixture(
            Map.of(
                "redoubt.enclave.offline.window", "4 s",
                "redoubt.enclave.offline.refresh-every", "200 ms"))) {
      var bold = OrganizationId.next(Clock.systemUTC());
      fixture.introduce(bold);
      fixture.controlPlane.awaitApplied(
          fixture.controlPlane.say(bold, new LinkCommand.PutOrganization(continuing())));
      TestAgent frozen = fixture.agent();
      TestAgent going = fixture.agent(bold, List.of());
      var booted = frozen.bootstrap();
      String frozenAccess = booted.text("access_token");
      String goingAccess = going.bootstrap().text("access_token");
      assertThat(frozen.message(frozenAccess).status()).isEqualTo(200);

      fixture.controlPlane.stop();

      assertThat(frozen.message(frozenAccess).status()).as("inside the window").isEqualTo(200);
      await()
          .atMost(Duration.ofSeconds(15))
          .until(() -> frozen.message(frozenAccess).status() == 403);
      assertThat(frozen.message(frozenAccess).body()).contains("enclave_frozen");
      assertThat(going.message(goingAccess).status()).isEqualTo(200);
      assertThat(link(fixture).path("stale").asBoolean()).isTrue();
      assertThat(link(fixture).path("age_seconds").asLong()).isGreaterThanOrEqualTo(4);
      assertThat(link(fixture).path("connected").asBoolean()).isFalse();

      fixture.stop();
      fixture.start();

      assertThat(frozen.message(frozenAccess).body()).contains("enclave_frozen");
      assertThat(going.message(goingAccess).status()).isEqualTo(200);
      assertThat(frozen.refresh(booted.text("refresh_token")).status())
          .as("rotation goes on")
          .isEqualTo(200);

      fixture.controlPlane.start();

      await()
          .atMost(Duration.ofSeconds(15))
          .until(() -> frozen.message(frozenAccess).status() == 200);
      assertThat(link(fixture).path("stale").asBoolean()).isFalse();
      fixture.controlPlane.awaitAudit(
          frozen.organization, it -> it.verdict() == Verdict.DENY && says(it, "enclave_frozen"));
      fixture.controlPlane.awaitAudit(
          bold, it -> it.verdict() == Verdict.PERMIT && says(it, "control-plane-away"));
      assertThat(
              fixture.controlPlane.auditOf(frozen.organization).stream()
                  .map(AuditBatch.Line::record)
                  .filter(Objects::nonNull)
                  .map(AuditRecord::id))
          .doesNotHaveDuplicates();
    }
  }

  /** First; the risk of asking the same over and over may follow. */
  private static boolean says(AuditRecord record, String code) {
    return List.of(String.valueOf(record.detail()).split("; ")).contains(code);
  }

  private static JsonNode link(EnclaveFixture fixture) {
    return Http.get(fixture.enclave().managementUrl().resolve("/ready")).json().at("/detail/link");
  }

  private static OrganizationSpec continuing() {
    return new OrganizationSpec(
        "Bold", OrganizationSpec.Payloads.METADATA, 30, OrganizationSpec.OfflineMode.CONTINUE, 2);
  }
}
