package io.redoubt.cli.channel;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
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

/** Sets up e-mail. */
@Command(
    name = "email",
    description = {
      "Tell people by e-mail. Nothing is decided there.",
      "With --username, the password is read from REDOUBT_SMTP_PASSWORD, from a file, or asked for."
    })
final class ChannelEmail implements Callable<Integer> {
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Body(
      String host,
      @Nullable Integer port,
      String security,
      @Nullable String username,
      @Nullable Disclosed password,
      String from,
      List<String> to,
      boolean approvers,
      @Nullable String arguments) {}

  /** How what is said is kept from others. */
  enum Security {
    STARTTLS,
    TLS,
    NONE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(names = "--host", required = true, paramLabel = "NAME", description = "The mail server.")
  String host = "";

  @Option(names = "--port", paramLabel = "N", description = "Its port, unless it is the usual one.")
  @Nullable Integer port;

  @Option(
      names = "--security",
      paramLabel = "HOW",
      description = "${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} unless said.")
  Security security = Security.STARTTLS;

  @Option(names = "--username", paramLabel = "NAME", description = "Who may send there.")
  @Nullable String username;

  @Option(names = "--password-file", paramLabel = "FILE", description = "File with the password.")
  @Nullable Path passwordFile;

  @Option(names = "--from", required = true, paramLabel = "ADDRESS", description = "The sender.")
  String from = "";

  @Option(
      names = "--to",
      paramLabel = "ADDRESS",
      description = "Who gets every mail; may be given several times.")
  List<String> to = List.of();

  @Option(
      names = "--no-approvers",
      description = "No mails to members who have an address and are asked.")
  boolean noApprovers;

  @Option(names = "--no-arguments", description = "Show nothing of a call's arguments.")
  boolean noArguments;

  private final Session session;

  ChannelEmail(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var body =
        new Body(
            host,
            port,
            security.toString(),
            username,
            username == null
                ? null
                : SecretInput.read(session, passwordFile, "REDOUBT_SMTP_PASSWORD", "password"),
            from,
            to,
            !noApprovers,
            noArguments ? "none" : null);
    JsonNode answer = session.operator().put(ChannelCommand.Kind.EMAIL.path(), body);
    session.output().say(answer, "People are told by mails from " + from + ".");
    return 0;
  }
}
