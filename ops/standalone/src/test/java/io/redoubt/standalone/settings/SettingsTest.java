package io.redoubt.standalone.settings;

import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.redoubt.cli.command.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SettingsTest {
  private static final Config KNOWN =
      ConfigFactory.parseString(
          """
          redoubt { http { head-deadline = 10 s, trusted-proxies = [] }, enclave.node = node-1 }
          other.key = 1
          """);

  @Test
  void everyKeyHasAVariable() {
    var settings =
        of(
            Map.of(
                "REDOUBT_HTTP_HEAD_DEADLINE", "3 s",
                "REDOUBT_HTTP_TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8",
                "OTHER_KEY", "2",
                "REDOUBT_NO_SUCH_KEY", "x"));

    assertThat(settings.getDuration("redoubt.http.head-deadline")).hasSeconds(3);
    assertThat(settings.getStringList("redoubt.http.trusted-proxies"))
        .containsExactly("10.0.0.0/8", "fd00::/8");
    assertThat(settings.getString("redoubt.enclave.node")).isEqualTo("node-1");
    assertThat(settings.getInt("other.key")).isEqualTo(1);
    assertThat(settings.hasPath("redoubt.no")).isFalse();
  }

  @Test
  void anOptionWinsOverAVariable() {
    var settings =
        Settings.of(
            ConfigFactory.parseMap(Map.of("redoubt.enclave.node", "of-an-option")),
            Map.of("REDOUBT_ENCLAVE_NODE", "of-a-variable"),
            KNOWN);

    assertThat(settings.getString("redoubt.enclave.node")).isEqualTo("of-an-option");
  }

  @Test
  void whatRefersToAKeyFollowsItsVariable() {
    var known = ConfigFactory.parseString("redoubt { most = 1, least = ${redoubt.most} }");

    var settings = Settings.of(ConfigFactory.empty(), Map.of("REDOUBT_MOST", "7"), known);

    assertThat(settings.getInt("redoubt.least")).isEqualTo(7);
  }

  @Test
  void whatIsNoSettingIsNamedWithThoseBesideIt() {
    assertUnknown(
        "redoubt.http.head-dedline = 3 s",
        "redoubt.http.head-dedline is no setting. Below redoubt.http there are: head-deadline,"
            + " trusted-proxies.");
    assertUnknown(
        "redoubt { htp { head-deadline = 3 s } }",
        "redoubt.htp is no setting. Below redoubt there are: enclave, http.");
    assertUnknown("redoubt.http = { limits { a = 1 } }", "redoubt.http.limits is no setting.");
  }

  private static void assertUnknown(String said, String why) {
    var config = ConfigFactory.parseString(said);
    assertThatThrownBy(() -> Settings.requireKnown(config, KNOWN))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining(why);
  }

  @Test
  void anOptionMakesNoSetting() {
    System.setProperty("redoubt.http.head-dedline", "3 s");
    ConfigFactory.invalidateCaches();
    try {
      assertThatThrownBy(Settings::load)
          .isInstanceOf(CommandFailure.class)
          .hasMessageContaining("redoubt.http.head-dedline is no setting.");
    } finally {
      System.clearProperty("redoubt.http.head-dedline");
      ConfigFactory.invalidateCaches();
    }
  }

  @Test
  void whatIsASettingOrNoneOfOursIsTaken() {
    var said =
        ConfigFactory.parseString(
            """
            redoubt.http { head-deadline = 3 s, trusted-proxies.0 = 10.0.0.0/8 }
            redoubt.http.trusted-proxies.1 = 10.1.0.0/16
            redoubt { launcher = /bin/redoubt, up.launcher = /other }
            other.unknown = 1
            """);

    assertThatCode(() -> Settings.requireKnown(said, KNOWN)).doesNotThrowAnyException();
    assertThatCode(() -> Settings.requireKnown(ConfigFactory.empty(), KNOWN))
        .doesNotThrowAnyException();
  }

  /** As a Service of Kubernetes named redoubt-a would have it. */
  @Test
  void theAddressOfAServiceIsNoPort() {
    var known =
        ConfigFactory.parseString("redoubt { a { port = 8443, url = x }, b.port = \"8444\" }");

    var settings =
        Settings.of(
            ConfigFactory.empty(),
            Map.of(
                "REDOUBT_A_PORT", "tcp://10.0.0.7:8443",
                "REDOUBT_A_URL", "tcp://10.0.0.7:1",
                "REDOUBT_B_PORT", "tcp://10.0.0.7:8444"),
            known);

    assertThat(settings.getInt("redoubt.a.port")).isEqualTo(8443);
    assertThat(settings.getInt("redoubt.b.port")).as("of a shorter name").isEqualTo(8444);
    assertThat(settings.getString("redoubt.a.url")).isEqualTo("tcp://10.0.0.7:1");
  }

  @Test
  void anEmptyListCanBeSaid() {
    var known = ConfigFactory.parseString("redoubt.a.list = [x]");

    assertThat(
            Settings.of(ConfigFactory.empty(), Map.of("REDOUBT_A_LIST", ""), known)
                .getStringList("redoubt.a.list"))
        .isEmpty();
  }

  @Test
  void noTwoKeysShareAVariable() {
    var shared =
        keys().stream().collect(groupingBy(Settings::variable)).values().stream()
            .filter(keys -> keys.size() > 1)
            .toList();

    assertThat(shared).isEmpty();
  }

  @Test
  void thePageNamesEveryKeyAndNoOther() throws IOException {
    Path page = Path.of("..", "docs", "CONFIGURATION.md");
    var row = Pattern.compile("^\\| `(redoubt\\.[^`]+)` \\|");
    Set<String> named =
        Files.readAllLines(page).stream()
            .map(row::matcher)
            .filter(matcher -> matcher.find())
            .map(matcher -> matcher.group(1))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(named).isEqualTo(keys());
  }

  private static Config of(Map<String, String> environment) {
    return Settings.of(ConfigFactory.empty(), environment, KNOWN);
  }

  /** All that the parts of the product bring along. */
  private static Set<String> keys() {
    return List.copyOf(ConfigFactory.defaultReference().getConfig("redoubt").entrySet()).stream()
        .map(entry -> "redoubt." + entry.getKey())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
