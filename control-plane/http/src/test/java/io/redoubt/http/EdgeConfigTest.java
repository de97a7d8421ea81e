package io.redoubt.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.typesafe.config.ConfigFactory;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EdgeConfigTest {
  @Test
  void everyKeyIsAComponentAndEveryComponentAKey() {
    var components =
        Arrays.stream(EdgeConfig.class.getRecordComponents())
            .map(RecordComponent::getName)
            .map(PropertyNamingStrategies.KebabCaseStrategy.INSTANCE::translate)
            .toList();

    assertThat(ConfigFactory.load().getObject("redoubt.http").keySet())
        .containsExactlyInAnyOrderElementsOf(components);
  }

  @ParameterizedTest
  @CsvSource({"max-connections, 0", "trusted-proxies, [bogus]"})
  void aBadValueIsNamedByItsPath(String key, String value) {
    var config =
        ConfigFactory.parseString("redoubt.http." + key + " = " + value)
            .withFallback(ConfigFactory.load());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> EdgeConfig.from(config))
        .withMessageContaining("redoubt.http." + key);
  }
}
