package io.redoubt.serialization;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.typesafe.config.ConfigFactory;
import io.redoubt.ClusterMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * One golden file at least for each message that nodes send each other: in a rolling update nodes
 * of two releases do, and neither can ask the other what it means. A file holds the name that goes
 * with the bytes, the bytes, and what they say for people to read. It is added to and never
 * changed, for the release before still writes it, and still reads it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class ClusterFormatSuite {
  private static final Path DIRECTORY = Path.of("src", "test", "resources", "golden", "cluster");
  private static final String WRITE = "redoubt.golden.write";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectMapper CBOR = new ObjectMapper(new CBORFactory());

  /** Its name stands in the files, as part of who is to be answered. */
  private final ActorTestKit kit = ActorTestKit.create("golden", ConfigFactory.load());

  private record Golden(Path file, ClusterMessage message) {
    @Override
    public String toString() {
      return file.toString();
    }
  }

  /** One of every message at least, a further one of a class behind those that were there. */
  protected abstract Stream<ClusterMessage> messages(ActorSystem<?> system);

  /** Where the classes of messages are. */
  protected abstract List<String> packages();

  @BeforeAll
  public void writeWhatIsMissing() throws IOException {
    if (!Boolean.getBoolean(WRITE)) {
      return;
    }
    Files.createDirectories(DIRECTORY);
    for (Golden golden : goldens()) {
      if (!Files.exists(golden.file())) {
        Files.writeString(golden.file(), written(golden));
      }
    }
  }

  @AfterAll
  public void shutDown() {
    kit.shutdownTestKit();
  }

  @Test
  public void everyMessageHasItsGoldenFile() throws IOException {
    var goldens = goldens();

    assertThat(goldens.stream().<Class<?>>map(it -> it.message().getClass()).distinct())
        .as("messages that there is a sample of")
        .containsExactlyInAnyOrderElementsOf(types());
    assertThat(DIRECTORY).as("-D%s=true writes what is missing", WRITE).isDirectory();
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      assertThat(files)
          .as("golden files; -D%s=true writes what is missing", WRITE)
          .containsExactlyInAnyOrderElementsOf(goldens.stream().map(Golden::file).toList());
    }
  }

  @Test
  public void everyMessageIsWrittenAsItWasOnce() {
    assertThat(goldens())
        .allSatisfy(golden -> assertThat(written(golden)).as("%s", golden).isEqualTo(kept(golden)));
  }

  @Test
  public void everyMessageIsReadAsItWasWrittenOnce() {
    assertThat(goldens())
        .allSatisfy(
            golden -> assertThat(read(golden)).as("%s", golden).isEqualTo(golden.message()));
  }

  private List<Golden> goldens() {
    var seen = new HashMap<String, Integer>();
    var goldens = new ArrayList<Golden>();
    messages(kit.system())
        .forEach(message -> {
          String name = name(message.getClass());
          int count = seen.merge(name, 1, Integer::sum);
          String file = (count == 1 ? name : name + '-' + count) + ".json";
          goldens.add(new Golden(DIRECTORY.resolve(file), message));
        });
    return goldens;
  }

  /** Such as {@code agent-decide-together}. */
  private static String name(Class<?> type) {
    return type.getName()
        .substring(type.getPackageName().length() + 1)
        .replace('$', '-')
        .replaceAll("(?<=[a-z])(?=[A-Z])", "-")
        .toLowerCase(Locale.ROOT);
  }

  private Set<Class<?>> types() {
    return new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(packages())
            .stream()
            .filter(each -> each.isAssignableTo(ClusterMessage.class) && !each.isInterface())
            .<Class<?>>map(JavaClass::reflect)
            .collect(Collectors.toSet());
  }

  private Serialization serialization() {
    return SerializationExtension.get(kit.system());
  }

  private SerializerWithStringManifest serializer(Golden golden) throws IOException {
    return (SerializerWithStringManifest)
        serialization().serializerFor(golden.message().getClass());
  }

  private String written(Golden golden) {
    try {
      byte[] bytes = serialization().serialize(golden.message()).get();
      var form = JSON.createObjectNode();
      form.put("manifest", serializer(golden).manifest(golden.message()));
      form.set("message", CBOR.readTree(bytes));
      form.put("cbor", Base64.getEncoder().encodeToString(bytes));
      return form.toPrettyString() + '\n';
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Object read(Golden golden) {
    try {
      JsonNode form = JSON.readTree(kept(golden));
      byte[] bytes = Base64.getDecoder().decode(form.path("cbor").asText());
      return serialization()
          .deserialize(bytes, serializer(golden).identifier(), form.path("manifest").asText())
          .get();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String kept(Golden golden) {
    assertThat(golden.file()).as("-D%s=true writes it", WRITE).exists();
    try {
      return Files.readString(golden.file());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
