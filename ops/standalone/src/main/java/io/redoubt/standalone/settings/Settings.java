package io.redoubt.standalone.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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

  /** What options and nodes' own files say beside settings: where this program is, and another. */
  private static final Set<String> OTHERS = Set.of("redoubt.launcher", "redoubt.up.launcher");

  private Settings() {}

  /**
   * What this process runs by.
   *
   * @throws CommandFailure where the file or an option cannot be read, or says something that is no
   *     setting
   */
  public static Config load() {
    try {
      requireKnown(ConfigFactory.defaultApplication());
      requireKnown(ConfigFactory.systemProperties());
      return of(
          ConfigFactory.defaultOverrides(),
          System.getenv(),
          ConfigFactory.defaultApplication()
              .withFallback(ConfigFactory.defaultReferenceUnresolved()));
    } catch (ConfigException e) {
      throw new CommandFailure(ExitCode.FAILED, String.valueOf(e.getMessage()), e);
    }
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

  /**
   * Whoever misspells a limit believes that it holds. Variables are not looked at: platforms have
   * some with such names of their own.
   *
   * @throws CommandFailure that names a key below {@code redoubt} that is no setting
   */
  public static void requireKnown(Config said) {
    // Resolved here: what is resolved there has the options of this process in it.
    requireKnown(said, ConfigFactory.defaultReferenceUnresolved().resolve());
  }

  static void requireKnown(Config said, Config reference) {
    var lenient = ConfigResolveOptions.defaults().setAllowUnresolved(true);
    if (said.resolveWith(reference, lenient).root().get(ROOT) instanceof ConfigObject ours) {
      requireKnown(ROOT, ours, reference.getObject(ROOT));
    }
  }

  private static void requireKnown(String above, ConfigObject said, ConfigObject known) {
    said.forEach((name, value) -> {
      String key = above + "." + name;
      ConfigValue setting = known.get(name);
      if (setting instanceof ConfigObject section && value instanceof ConfigObject deeper) {
        requireKnown(key, deeper, section);
      } else if (setting == null && !isOther(key, value)) {
        throw new CommandFailure(
            ExitCode.FAILED,
            "%s: %s is no setting. Below %s there are: %s."
                .formatted(
                    value.origin().description(),
                    key,
                    above,
                    String.join(", ", new TreeSet<>(known.keySet()))));
      }
    });
  }

  private static boolean isOther(String key, ConfigValue value) {
    return OTHERS.contains(key)
        || (value instanceof ConfigObject deeper
            && !deeper.isEmpty()
            && deeper.entrySet().stream()
                .allMatch(each -> isOther(key + "." + each.getKey(), each.getValue())));
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
