package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueType;
import io.redoubt.proxy.authenticate.AuthenticateConfig;
import io.redoubt.proxy.judge.JudgeConfig;
import io.redoubt.proxy.stream.LiveStreamsConfig;
import io.redoubt.proxy.tools.ToolsConfig;
import io.redoubt.proxy.upstream.UpstreamConfig;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ConfigKeysTest {
  private final Config config = ConfigFactory.load().getConfig("redoubt.proxy");

  @Test
  void everyKeyIsAComponentAndEveryComponentAKey() {
    assertThat(config.root().keySet())
        .containsExactlyInAnyOrder("authenticate", "streams", "upstream", "tools", "llm", "judge");
    matches(AuthenticateConfig.class, config.getConfig("authenticate"));
    matches(LiveStreamsConfig.class, config.getConfig("streams"));
    matches(UpstreamConfig.class, config.getConfig("upstream"));
    matches(JudgeConfig.class, config.getConfig("judge"));
    matches(ToolsConfig.class, config.getConfig("tools"));
    matches(LlmConfig.class, config.getConfig("llm"));
  }

  private static void matches(Class<?> type, Config section) {
    Set<String> components = new TreeSet<>();
    for (RecordComponent component : type.getRecordComponents()) {
      String key = key(component.getName());
      components.add(key);
      if (section.root().containsKey(key)
          && section.getValue(key).valueType() == ConfigValueType.OBJECT) {
        matches(component.getType(), section.getConfig(key));
      }
    }
    assertThat(components).as("%s", type).isEqualTo(new TreeSet<>(section.root().keySet()));
  }

  private static String key(String component) {
    return String.join("-", Arrays.asList(component.split("(?=[A-Z])", -1)))
        .toLowerCase(Locale.ROOT);
  }

  @Test
  void theDefaultsAreValidAndPricesAreRead() {
    var overridden =
        ConfigFactory.parseString(
                """
                redoubt.proxy.llm.prices = [{
                  model = m
                  rates { input = 1, output = 2, cache-read = 3, cache-write = 4, cache-write-hour = 5 }
                }]
                """)
            .withFallback(ConfigFactory.load());

    assertThat(LlmConfig.from(overridden).prices())
        .containsExactly(new Price("m", new Price.Rates(1, 2, 3, 4, 5), null));
    assertThat(LiveStreamsConfig.from(overridden).total()).isPositive();
    assertThat(UpstreamConfig.from(overridden).caFile()).isEmpty();
  }
}
