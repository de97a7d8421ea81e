package io.redoubt.standalone.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a process runs by: the defaults, the file of {@code -Dconfig.file}, variables of the
 * environment, {@code -D} options, each before the one it follows. Every key below {@code redoubt}
 * has a variable: its name in capital letters, with underscores for dots and dashes.
 */
public final class Settings {
  private static final String ROOT = "redoubt";
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final Pattern ADDRESS = Pattern.compile("(?:tcp|udp|sctp)://.*");

  private Settings() {}

  public static Config load() {
    return of(
        ConfigFactory.defaultOverrides(),
        System.getenv(),
        ConfigFactory.defaultApplication()
            .withFallback(ConfigFactory.defaultReferenceUnresolved()));
  }

  /**
   * The same from given parts.
   *
   * @param options that win over everything
   * @param known every key with what it is without these, before one is looked up for another
   */
  static Config of(Config options, Map<String, String> environment, Config known) {
    var said = new HashMap<String, Object>();
    known
        .resolve()
        .getConfig(ROOT)
        .entrySet()
        .forEach(entry -> {
          String key = ROOT + "." + entry.getKey();
          @Nullable String text = environment.get(variable(key));
          if (text != null && !isOfAPlatform(text, entry.getValue())) {
            said.put(key, value(key, text, entry.getValue()));
          }
        });
    return options.withFallback(ConfigFactory.parseMap(said)).withFallback(known).resolve();
  }

  /** The variable of a key. */
  static String variable(String key) {
    return key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /**
   * Kubernetes tells each process of a namespace where its services are, and calls the address of
   * one that is named {@code redoubt-control-plane} like the setting for a port.
   */
  private static boolean isOfAPlatform(String text, ConfigValue before) {
    // As text, too: what came from a variable's shorter name is none of the JSON numbers.
    return NUMBER.matcher(String.valueOf(before.unwrapped())).matches()
        && ADDRESS.matcher(text).matches();
  }

  /** A list is written with commas; whatever else reads text as what it should be. */
  private static ConfigValue value(String key, String text, ConfigValue before) {
    if (before.valueType() != ConfigValueType.LIST) {
      return ConfigValueFactory.fromAnyRef(text, variable(key));
    }
    List<String> items =
        Arrays.stream(text.split(",", -1))
            .map(String::strip)
            .filter(item -> !item.isEmpty())
            .toList();
    return ConfigValueFactory.fromIterable(items, variable(key));
  }
}
