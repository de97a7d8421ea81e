package io.redoubt.cli.settings;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import io.redoubt.cli.command.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * {@code config.toml} of a person.
 *
 * @param url of the control plane
 * @param caFile PEM file of the authorities to trust instead of the platform's
 * @param enclaveUrl the agent endpoint, for {@code run}
 * @param dataDir where {@code up} keeps its state: stands for all of the above
 * @param output {@code table} or {@code json}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ConfigFile(
    @Nullable String url,
    @Nullable String clientId,
    @Nullable String clientSecret,
    @Nullable String caFile,
    @Nullable String enclaveUrl,
    @Nullable String dataDir,
    @Nullable String output) {

  public static final ConfigFile EMPTY = new ConfigFile(null, null, null, null, null, null, null);

  private static final TomlMapper TOML =
      TomlMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /** Reads the file; one that does not exist says nothing. */
  public static ConfigFile read(Path file) {
    try {
      return Files.isRegularFile(file)
          ? TOML.readValue(Files.readAllBytes(file), ConfigFile.class)
          : EMPTY;
    } catch (JacksonException e) {
      throw CommandFailure.usage(file + " cannot be read: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw CommandFailure.usage(file + " cannot be read: " + e.getMessage());
    }
  }

  public void write(Path file) throws IOException {
    PrivateFiles.directoryOf(file);
    PrivateFiles.write(file, TOML.writeValueAsBytes(this));
  }

  @Override
  public String toString() {
    return "ConfigFile[" + url + ", " + clientId + ", ***]";
  }
}
