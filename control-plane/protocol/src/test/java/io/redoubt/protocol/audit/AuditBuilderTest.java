package io.redoubt.protocol.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import java.time.Clock;
import org.junit.jupiter.api.Test;

class AuditBuilderTest {
  /** What cannot be written would keep the act from being recorded, and so from being done. */
  @Test
  void wordsThatAreTooManyAreCutSoThatTheyCanBeWritten() {
    var clock = Clock.systemUTC();
    for (String before : new String[] {"", "a"}) {
      var record =
          new AuditBuilder(
                  AuditId.next(clock),
                  clock.instant(),
                  OrganizationId.next(clock),
                  Plane.APPROVAL,
                  "approval:refused",
                  Verdict.DENY)
              .detail(before + "\ud83c\udff0".repeat(AuditBuilder.MOST_DETAIL))
              .build();

      assertThat(record.detail()).hasSizeLessThanOrEqualTo(AuditBuilder.MOST_DETAIL).endsWith("…");
      assertThat(Json.write(record)).isNotEmpty();
    }
  }
}
