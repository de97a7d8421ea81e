package io.redoubt.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.typesafe.config.ConfigFactory;
import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentSamples;
import io.redoubt.approval.Approval;
import io.redoubt.approval.ApprovalSamples;
import io.redoubt.budget.OrganizationBudget;
import io.redoubt.budget.OrganizationBudgetSamples;
import io.redoubt.family.TokenFamily;
import io.redoubt.family.TokenFamilySamples;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever nodes send each other arrives as it was sent. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterMessageTest {
  private static final ObjectMapper ADDRESSES =
      JsonMapper.builder().addModule(new LiteralAddresses()).build();

  private final ActorTestKit kit = ActorTestKit.create(ConfigFactory.load());
  private final TestProbe<Agent.Reply> agentCaller = kit.createTestProbe();
  private final TestProbe<TokenFamily.Reply> familyCaller = kit.createTestProbe();
  private final TestProbe<OrganizationBudget.Reply> budgetCaller = kit.createTestProbe();
  private final TestProbe<Approval.Reply> approvalCaller = kit.createTestProbe();

  @AfterAll
  void shutDown() {
    kit.shutdownTestKit();
  }

  @Test
  void everyMessageArrivesAsItWasSent() {
    var messages =
        Stream.of(
                AgentSamples.commands(agentCaller.ref()),
                AgentSamples.replies(),
                TokenFamilySamples.commands(familyCaller.ref()),
                TokenFamilySamples.replies(),
                OrganizationBudgetSamples.commands(budgetCaller.ref()),
                OrganizationBudgetSamples.replies(),
                ApprovalSamples.commands(approvalCaller.ref()),
                ApprovalSamples.replies())
            .<Object>flatMap(List::stream)
            .toList();

    assertThat(messages).allSatisfy(message -> assertThat(overTheWire(message)).isEqualTo(message));
  }

  @Test
  void everyStoredTypeHasAGoldenFile() {
    var stored =
        StoredFormatTest.samples()
            .map(Sample::value)
            .map(Object::getClass)
            .collect(Collectors.toSet());

    assertThat(stored).containsAll(permitted(Agent.Event.class));
    assertThat(stored).containsAll(permitted(TokenFamily.Event.class));
    assertThat(stored).containsAll(permitted(OrganizationBudget.Event.class));
    assertThat(stored).containsAll(permitted(Approval.Event.class));
    assertThat(stored.stream().map(Class::getSimpleName))
        .contains("Unknown", "Known", "Decommissioned", "Unopened", "Live", "Revoked")
        .contains("Unasked", "Pending", "Granted", "Closed");
  }

  @Test
  void anAddressIsWrittenWithoutTheNameItWasFoundBy() throws Exception {
    var named = InetAddress.getByAddress("somewhere.example", new byte[] {10, 0, 0, 1});

    assertThat(ADDRESSES.writeValueAsString(named)).isEqualTo("\"10.0.0.1\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.1", "2001:db8:0:0:0:0:0:1"})
  void anAddressComesBack(String text) throws Exception {
    assertThat(ADDRESSES.readValue('"' + text + '"', InetAddress.class))
        .isEqualTo(InetAddress.ofLiteral(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"localhost\"", "\"example.com\"", "\"\"", "\"10.0.0.256\"", "7"})
  void aNameIsNeverLookedUp(String json) {
    assertThatThrownBy(() -> ADDRESSES.readValue(json, InetAddress.class))
        .isInstanceOf(InvalidFormatException.class)
        .hasNoCause()
        .isNotInstanceOf(UnknownHostException.class);
  }

  private Object overTheWire(Object message) {
    var serialization = SerializationExtension.get(kit.system());
    try {
      var serializer =
          (SerializerWithStringManifest) serialization.serializerFor(message.getClass());
      assertThat(serializer.identifier()).isEqualTo(7100);
      return serialization
          .deserialize(
              serialization.serialize(message).get(),
              serializer.identifier(),
              serializer.manifest(message))
          .get();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Set<Class<?>> permitted(Class<?> root) {
    return Arrays.stream(root.getPermittedSubclasses())
        .<Class<?>>mapMulti((each, records) -> {
          if (each.isSealed()) {
            permitted(each).forEach(records);
          } else {
            records.accept(each);
          }
        })
        .collect(Collectors.toSet());
  }
}
