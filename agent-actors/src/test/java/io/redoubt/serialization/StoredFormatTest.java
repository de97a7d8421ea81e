package io.redoubt.serialization;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigFactory;
import io.redoubt.agent.AgentSamples;
import io.redoubt.approval.ApprovalSamples;
import io.redoubt.budget.OrganizationBudgetSamples;
import io.redoubt.family.TokenFamilySamples;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One golden file for each stored event and each phase of a state. What was written once must be
 * read for ever, so a file here is added to and never changed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StoredFormatTest {
  private static final ObjectMapper TREE = new ObjectMapper();

  private final ActorTestKit kit = ActorTestKit.create(ConfigFactory.load());

  static Stream<Sample> samples() {
    return Stream.of(
            AgentSamples.stored(),
            TokenFamilySamples.stored(),
            OrganizationBudgetSamples.stored(),
            ApprovalSamples.stored())
        .flatMap(List::stream);
  }

  @AfterAll
  void shutDown() {
    kit.shutdownTestKit();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void isWrittenAsItWasOnce(Sample sample) throws IOException {
    JsonNode written = TREE.readTree(serializer(sample.value()).toBinary(sample.value()));

    assertThat(written)
        .as("%s, written: %s", sample.file(), written.toPrettyString())
        .isEqualTo(TREE.readTree(golden(sample)));
  }

  @ParameterizedTest
  @MethodSource("samples")
  void isReadAsItWasWrittenOnce(Sample sample) throws IOException {
    assertThat(serializer(sample.value()).fromBinary(golden(sample), "")).isEqualTo(sample.value());
  }

  @ParameterizedTest
  @MethodSource("samples")
  void carriesNoNameOfAClass(Sample sample) throws IOException {
    var serializer = serializer(sample.value());

    assertThat(serializer.manifest(sample.value())).isEmpty();
    assertThat(new String(serializer.toBinary(sample.value()), StandardCharsets.UTF_8))
        .doesNotContain("io.redoubt")
        .doesNotContain(sample.value().getClass().getSimpleName() + "\"");
  }

  @Test
  void everySerializerKeepsItsNumberForEver() {
    var numbers =
        kit.system().settings().config().getConfig("pekko.actor.serialization-identifiers");

    assertThat(
            List.of(
                numbers.getInt("redoubt-cluster"),
                numbers.getInt("redoubt-agent-event"),
                numbers.getInt("redoubt-agent-state"),
                numbers.getInt("redoubt-token-family-event"),
                numbers.getInt("redoubt-token-family-state"),
                numbers.getInt("redoubt-organization-budget-event"),
                numbers.getInt("redoubt-organization-budget-state"),
                numbers.getInt("redoubt-approval-event"),
                numbers.getInt("redoubt-approval-state")))
        .containsExactly(7100, 7101, 7102, 7103, 7104, 7105, 7106, 7107, 7108);
  }

  private SerializerWithStringManifest serializer(Object value) throws IOException {
    return (SerializerWithStringManifest)
        SerializationExtension.get(kit.system()).serializerFor(value.getClass());
  }

  private static byte[] golden(Sample sample) throws IOException {
    try (var file = StoredFormatTest.class.getResourceAsStream("/golden/" + sample.file())) {
      return file == null
          ? "\"no golden file\"".getBytes(StandardCharsets.UTF_8)
          : file.readAllBytes();
    }
  }
}
