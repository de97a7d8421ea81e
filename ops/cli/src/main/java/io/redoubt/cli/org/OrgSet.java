package io.redoubt.cli.org;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Changes what holds for the organization; what is not named stays as it is. */
@Command(
    name = "set",
    description = "Change what holds for the organization. What is left out stays as it is.")
final class OrgSet implements Callable<Integer> {
  /** What agents may do while the control plane has been away for too long (G8). */
  enum OfflineMode {
    FREEZE,
    CONTINUE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What enclaves keep of requests and replies. */
  enum Payloads {
    FULL,
    METADATA;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Body(
      @Nullable String name,
      @Nullable String payloads,
      @Nullable Integer payloadRetentionDays,
      @Nullable String offlineMode,
      @Nullable Boolean failOpen,
      @Nullable String compensatingControls,
      @Nullable Hours workingHours) {

    boolean isEmpty() {
      return name == null
          && payloads == null
          && payloadRetentionDays == null
          && offlineMode == null
          && failOpen == null
          && compensatingControls == null
          && workingHours == null;
    }
  }

  /** When people are at work; none of it: as each enclave is set. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Hours(
      @Nullable String zone,
      @Nullable String from,
      @Nullable String until,
      @Nullable List<String> days) {
    private static final Hours NONE = new Hours(null, null, null, null);
    private static final int BEFORE_DAYS = 3;

    static Hours parse(String text) {
      if (text.equals("none")) {
        return NONE;
      }
      var parts = List.of(text.split(",", -1));
      if (parts.size() <= BEFORE_DAYS) {
        throw CommandFailure.usage(
            "Say the hours as Europe/Zurich,08:00,18:00,monday,friday, or none.");
      }
      return new Hours(
          parts.get(0), parts.get(1), parts.get(2), parts.subList(BEFORE_DAYS, parts.size()));
    }
  }

  @Option(
      names = "--fail-open",
      arity = "1",
      paramLabel = "BOOL",
      description = {
        "true: agents may act where an enclave knows no policy of the organization; each time is on"
            + " record.",
        "Authentication, isolation and the record hold as always."
      })
  @Nullable Boolean failOpen;

  @Option(
      names = "--compensating-controls",
      paramLabel = "TEXT",
      description = "What keeps agents in bounds meanwhile; needed with --fail-open true.")
  @Nullable String compensatingControls;

  @Option(
      names = "--offline-mode",
      paramLabel = "MODE",
      description = {
        "What agents may do once an enclave has not heard the control plane for longer than its"
            + " window (4 h): ${COMPLETION-CANDIDATES}.",
        "freeze denies every action, continue goes on; tokens are renewed and agents isolated in"
            + " either case."
      })
  @Nullable OfflineMode offlineMode;

  @Option(
      names = "--payloads",
      paramLabel = "WHAT",
      description = "What enclaves keep of requests and replies: ${COMPLETION-CANDIDATES}.")
  @Nullable Payloads payloads;

  @Option(
      names = "--payload-days",
      paramLabel = "DAYS",
      description = "How long they keep it: 1 to 3650.")
  @Nullable Integer payloadDays;

  @Option(
      names = "--working-hours",
      paramLabel = "HOURS",
      description = {
        "When its people are at work, as zone, from, until and days:"
            + " Europe/Zurich,08:00,18:00,monday,tuesday.",
        "none: as each enclave is set."
      })
  @Nullable String workingHours;

  @Option(names = "--name", paramLabel = "NAME", description = "What people call it.")
  @Nullable String name;

  private final Session session;

  OrgSet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var body =
        new Body(
            name,
            wire(payloads),
            payloadDays,
            wire(offlineMode),
            failOpen,
            compensatingControls,
            workingHours == null ? null : Hours.parse(workingHours));
    if (body.isEmpty()) {
      throw CommandFailure.usage("Say what to change, such as --offline-mode continue.");
    }
    var operator = session.operator();
    String id = OwnOrganization.require(operator).path("id").asText();
    JsonNode changed = operator.patch(OwnOrganization.PATH + "/" + id, body);
    OwnOrganization.show(session.output(), changed);
    return 0;
  }

  private static @Nullable String wire(@Nullable Enum<?> value) {
    return value == null ? null : value.toString();
  }
}
