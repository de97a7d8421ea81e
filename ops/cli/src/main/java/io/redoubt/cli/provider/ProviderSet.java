package io.redoubt.cli.provider;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.secret.Disclosed;
import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes or changes a provider. Its key is written once and never shown again. */
@Command(
    name = "set",
    description = {
      "Make or change a model provider.",
      "Its key is read from REDOUBT_PROVIDER_KEY, from --key-file, or asked for."
    })
final class ProviderSet implements Callable<Integer> {
  /** Kinds of provider, and where the vendor's own service is. */
  enum Kind {
    ANTHROPIC("https://api.anthropic.com"),
    OPENAI("https://api.openai.com/v1");

    private final String baseUrl;

    Kind(String baseUrl) {
      this.baseUrl = baseUrl;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Body(
      String kind,
      String baseUrl,
      Disclosed apiKey,
      @Nullable List<String> models,
      @Nullable Integer timeoutSeconds,
      @Nullable Integer connectTimeoutSeconds,
      @Nullable Tls tls) {}

  private record Tls(String caPem) {}

  @Parameters(paramLabel = "NAME", description = "What people call it.")
  String name = "";

  @Option(
      names = "--kind",
      required = true,
      paramLabel = "KIND",
      description = "Whose API it speaks: ${COMPLETION-CANDIDATES}.")
  Kind kind = Kind.ANTHROPIC;

  @Option(
      names = "--base-url",
      paramLabel = "URL",
      description = "Instead of the vendor's own; OpenAI's includes /v1.")
  @Nullable String baseUrl;

  @Option(
      names = "--key-file",
      paramLabel = "FILE",
      description = "File with the key; - is standard input.")
  @Nullable Path keyFile;

  @Option(
      names = "--model",
      paramLabel = "PATTERN",
      description = "Models it serves; may be repeated. Left out: all of its kind.")
  @Nullable List<String> models;

  @Option(names = "--timeout", paramLabel = "SECONDS", description = "How long it may stay silent.")
  @Nullable Integer timeoutSeconds;

  @Option(
      names = "--connect-timeout",
      paramLabel = "SECONDS",
      description = "How long a connection to it may take.")
  @Nullable Integer connectTimeoutSeconds;

  @Option(
      names = "--provider-ca-file",
      paramLabel = "FILE",
      description = {
        "Certificates of the authority that its own is signed by, PEM.",
        "Nobody else's are believed there."
      })
  @Nullable Path caFile;

  private final Session session;

  ProviderSet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var body =
        new Body(
            kind.toString(),
            baseUrl == null ? kind.baseUrl : baseUrl,
            Disclosed.of(key()),
            models,
            timeoutSeconds,
            connectTimeoutSeconds,
            caFile == null ? null : new Tls(certificates(caFile)));
    JsonNode answer = session.operator().put(ProviderCommand.PATH + "/" + Query.encode(name), body);
    session.output().say(answer, "Provider " + name + " is set.");
    return 0;
  }

  private static String certificates(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw CommandFailure.usage("The certificates in " + file + " cannot be read.");
    }
  }

  /** Never an option: a command line is seen by every process of the machine. */
  private String key() {
    if (keyFile != null) {
      try {
        byte[] bytes =
            keyFile.toString().equals("-")
                ? System.in.readNBytes(1 << 16)
                : Files.readAllBytes(keyFile);
        return new String(bytes, StandardCharsets.UTF_8).strip();
      } catch (IOException e) {
        throw CommandFailure.usage("The key in " + keyFile + " cannot be read.");
      }
    }
    return session.host().variable("REDOUBT_PROVIDER_KEY").orElseGet(this::ask);
  }

  private String ask() {
    @Nullable Console console = session.host().interactive() ? System.console() : null;
    char @Nullable [] typed = console == null ? null : console.readPassword("Key of %s: ", name);
    if (typed == null || typed.length == 0) {
      throw CommandFailure.usage(
          "The provider's key is missing: set REDOUBT_PROVIDER_KEY or give --key-file.");
    }
    return new String(typed);
  }
}
