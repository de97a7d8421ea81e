package io.redoubt.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.redoubt.approval.ApprovalConfig;
import io.redoubt.entity.EntityConfig;
import io.redoubt.family.TokenFamilyConfig;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every key is read, every component has its key, and nonsense is refused by name. */
class AgentConfigTest {
  private static final Config REFERENCE = ConfigFactory.load();

  @Test
  void keysAndComponentsMatch() {
    assertThat(keys("redoubt.agent")).isEqualTo(components(AgentConfig.class));
    assertThat(keys("redoubt.agent.entity")).isEqualTo(components(EntityConfig.class));
    assertThat(keys("redoubt.agent.fence")).isEqualTo(components(FenceConfig.class));
    assertThat(keys("redoubt.token-family")).isEqualTo(components(TokenFamilyConfig.class));
    assertThat(keys("redoubt.token-family.entity")).isEqualTo(components(EntityConfig.class));
    assertThat(keys("redoubt.approval")).isEqualTo(components(ApprovalConfig.class));
    assertThat(keys("redoubt.approval.entity")).isEqualTo(components(EntityConfig.class));
  }

  @Test
  void theDefaultsAreValid() {
    assertThat(AgentConfig.from(REFERENCE).entity().snapshotEvery()).isEqualTo(250);
    assertThat(TokenFamilyConfig.from(REFERENCE).entity().snapshotsKept()).isEqualTo(2);
  }

  /** Else the caller would have left before it could be told that the fence is unavailable. */
  @Test
  void theFenceGivesUpBeforeTheCallerDoes() {
    var config = AgentConfig.from(REFERENCE);
    var longest = config.fence().timeout().multipliedBy(config.fence().attempts());
    for (int failures = 1; failures < config.fence().attempts(); failures++) {
      longest = longest.plus(config.fence().pause(failures));
    }

    assertThat(longest).isLessThan(config.entity().askTimeout());
  }

  @ParameterizedTest
  @CsvSource({
    "redoubt.agent.entity.ask-timeout, 0s",
    "redoubt.agent.entity.active-entities, 0",
    "redoubt.agent.entity.idle-after, 0s",
    "redoubt.agent.entity.restart-backoff-min, 0s",
    "redoubt.agent.entity.restart-backoff-max, 1ms",
    "redoubt.agent.entity.snapshot-every, 0",
    "redoubt.agent.entity.snapshots-kept, 0",
    "redoubt.agent.fence.timeout, 0s",
    "redoubt.agent.fence.attempts, 0",
    "redoubt.agent.fence.backoff-min, 0s",
    "redoubt.agent.fence.backoff-max, 1ms",
    "redoubt.agent.fence.waiting-limit, 0",
  })
  void nonsenseIsRefusedByName(String path, String value) {
    var config = ConfigFactory.parseString(path + " = " + value).withFallback(REFERENCE);

    assertThatThrownBy(() -> AgentConfig.from(config))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(path.substring(0, path.lastIndexOf('.')))
        .hasMessageContaining(path.substring(path.lastIndexOf('.') + 1));
  }

  private static Set<String> keys(String path) {
    return REFERENCE.getConfig(path).root().keySet();
  }

  private static Set<String> components(Class<?> type) {
    return Arrays.stream(type.getRecordComponents())
        .map(each -> each.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
        .collect(Collectors.toSet());
  }
}
