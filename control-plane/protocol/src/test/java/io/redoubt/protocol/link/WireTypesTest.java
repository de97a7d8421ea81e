package io.redoubt.protocol.link;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireTypesTest {
  private static final AgentId AGENT = AgentId.parse("agt_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");

  /** Jackson does not discover what a sealed type permits. */
  @ParameterizedTest
  @ValueSource(classes = {LinkCommand.class, LinkReport.class})
  void everyRootNamesAllItsRecords(Class<?> root) {
    var named =
        Arrays.stream(root.getAnnotation(JsonSubTypes.class).value())
            .map(JsonSubTypes.Type::value)
            .toList();
    var names = named.stream().map(each -> each.getAnnotation(JsonTypeName.class).value()).toList();

    assertThat(named.toArray()).containsExactlyInAnyOrder((Object[]) root.getPermittedSubclasses());
    assertThat(new HashSet<>(names)).hasSameSizeAs(names);
  }

  @Test
  void commandsArriveAsTheyWereSent() throws Exception {
    LinkCommand isolate =
        new LinkCommand.Isolate(
            AGENT, IsolationId.parse("iso_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e"), "odd", "ann");
    LinkCommand offer =
        new LinkCommand.OfferBootstrap(
            AGENT, TokenDigest.of("x"), Instant.parse("2026-11-20T12:00:00Z"));

    assertThat(Json.LENIENT.readValue(Json.write(isolate), LinkCommand.class)).isEqualTo(isolate);
    assertThat(Json.LENIENT.readValue(Json.write(offer), LinkCommand.class)).isEqualTo(offer);
    assertThat(Json.LENIENT.readTree(Json.write(isolate)).get("kind").textValue())
        .isEqualTo("agent.isolate");
  }

  @Test
  void aReleaseNamesWhatItLifts() throws Exception {
    LinkCommand release = new LinkCommand.Release(AGENT, Set.of(), "fine", "ann");

    assertThat(Json.LENIENT.readValue(Json.write(release), LinkCommand.class)).isEqualTo(release);
  }

  @Test
  void anOrganizationThatSaysNothingOfItIsFrozenOffline() throws Exception {
    var older =
        "{\"name\": \"Acme\", \"payloads\": \"full\", \"payload_retention_days\": 30, \"version\": 1}";

    assertThat(Json.LENIENT.readValue(older, OrganizationSpec.class).offlineMode())
        .isEqualTo(OrganizationSpec.OfflineMode.FREEZE);
  }

  /** What an enclave kept of an older release is read, too (G5). */
  @Test
  void anOrganizationThatSaysNothingOfItFailsClosed() throws Exception {
    for (String said : List.of("", ", \"fail_open\": null")) {
      var older =
          "{\"name\": \"Acme\", \"payloads\": \"full\", \"payload_retention_days\": 30, \"version\": 1"
              + said
              + "}";

      assertThat(Json.LENIENT.readValue(older, OrganizationSpec.class).failOpen()).isFalse();
    }
  }
}
