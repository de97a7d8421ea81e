package io.redoubt.cli.provider;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.session.InputFile;
import io.redoubt.cli.session.SecretInput;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.secret.Disclosed;
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
            SecretInput.read(session, keyFile, "REDOUBT_PROVIDER_KEY", "key of " + name),
            models,
            timeoutSeconds,
            connectTimeoutSeconds,
            caFile == null ? null : new Tls(InputFile.read(session, caFile)));
    JsonNode answer = session.operator().put(ProviderCommand.PATH + "/" + Query.encode(name), body);
    session.output().say(answer, "Provider " + name + " is set.");
    return 0;
  }
}
