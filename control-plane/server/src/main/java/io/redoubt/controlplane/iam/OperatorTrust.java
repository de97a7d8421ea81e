package io.redoubt.controlplane.iam;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.command.Welcome;
import io.redoubt.controlplane.key.SigningKeys;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Operator;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.Jwk;
import io.redoubt.protocol.link.LinkCommand;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells enclaves whom to believe when they hear an operator directly: the keys of operator tokens,
 * the break-glass clients of the organization, and what was lately taken from whom.
 */
public final class OperatorTrust implements Welcome {
  private static final Logger LOG = LoggerFactory.getLogger(OperatorTrust.class);
  private static final String KIND = "operator-trust.put";

  /** What can be done at an enclave while the control plane is away. */
  private static final Set<Permission> AT_ENCLAVE =
      Set.of(
          Permission.AGENTS_READ,
          Permission.AGENTS_MANAGE,
          Permission.APPROVALS_READ,
          Permission.APPROVALS_DECIDE,
          Permission.APPROVALS_EDIT,
          Permission.PAYLOADS_READ);

  /** A command has a limit; beyond so many, everybody's tokens end at the enclaves instead. */
  private static final int MAX_WITHDRAWN = 500;

  private static final Duration CLOCK_SKEW = Duration.ofMinutes(1);

  private final ClientAccess access;
  private final SigningKeys keys;
  private final CommandLog commands;
  private final Duration tokenLifetime;

  public OperatorTrust(
      ClientAccess access, SigningKeys keys, CommandLog commands, Duration tokenLifetime) {
    this.access = access;
    this.keys = keys;
    this.commands = commands;
    this.tokenLifetime = tokenLifetime;
  }

  /** Tells every enclave of the organization. */
  void publish(Change change) {
    commands.broadcast(change, trust(change));
  }

  @Override
  public void tell(Change change, EnclaveId enclave) {
    commands.append(change, enclave, trust(change));
  }

  /**
   * Tells everybody everywhere: the keys have changed. Blocks.
   *
   * @return whether everybody is told; who is not, is in the log, and waits for {@link
   *     #publishWhereOther}
   */
  public boolean publishEverywhere(Database database, Clock clock, Trail trail) {
    return everywhere(database, clock, trail, this::publish);
  }

  /**
   * Tells those enclaves whose last word is another one: of the release before, which had less to
   * say, or of before a restore. Blocks.
   *
   * @return whether nobody is left whose last word is another one; who is left, is in the log
   */
  public boolean publishWhereOther(Database database, Clock clock, Trail trail) {
    return everywhere(
        database,
        clock,
        trail,
        change -> {
          var trust = trust(change);
          for (EnclaveId enclave : commands.enclavesOf(change)) {
            var told = told(change, enclave).map(OperatorTrust::lasting);
            if (!told.equals(Optional.of(lasting(trust)))) {
              commands.append(change, enclave, trust);
            }
          }
        });
  }

  /** Each organization for itself: what is wrong with one keeps nobody else from hearing it. */
  private static boolean everywhere(
      Database database, Clock clock, Trail trail, Consumer<Change> inEach) {
    List<OrganizationId> served =
        database.inTransactionBlocking(handle ->
            handle
                .createQuery(
                    "SELECT id FROM control.served_organizations() AS served (id) ORDER BY id")
                .map((row, _) -> new OrganizationId(Rows.uuid(row, "id")))
                .list());
    boolean all = true;
    for (OrganizationId organization : served) {
      try {
        var _ =
            database.inOrganizationBlocking(
                organization,
                handle -> {
                  inEach.accept(
                      new Change(handle, Operator.system(organization), clock, null, trail));
                  return organization;
                });
      } catch (RuntimeException e) {
        LOG.warn("Enclaves of {} could not be told whom to believe", organization, e);
        all = false;
      }
    }
    return all;
  }

  private Optional<LinkCommand.PutOperatorTrust> told(Change change, EnclaveId enclave) {
    return commands
        .newest(change, enclave, KIND)
        .flatMap(payload -> {
          try {
            return Optional.of(
                Json.LENIENT.treeToValue(payload, LinkCommand.PutOperatorTrust.class));
          } catch (JsonProcessingException _) {
            return Optional.empty(); // of a release that said it in another way
          }
        });
  }

  /** Without what ends by itself, and was said when it was done; and in no order. */
  private record Lasting(String issuer, Set<Jwk> keys, Set<LinkCommand.BreakGlassClient> clients) {}

  private static Lasting lasting(LinkCommand.PutOperatorTrust trust) {
    return new Lasting(
        trust.issuer(), Set.copyOf(trust.keys().keys()), Set.copyOf(trust.clients()));
  }

  private LinkCommand.PutOperatorTrust trust(Change change) {
    // The command says everything, so two changes at once must not each miss the other.
    change.lockOrganization();
    var cut =
        access.cutSince(
            change.handle(),
            change.organization(),
            change.now().minus(tokenLifetime).minus(CLOCK_SKEW),
            MAX_WITHDRAWN + 1);
    boolean tooMany = cut.size() > MAX_WITHDRAWN;
    return new LinkCommand.PutOperatorTrust(
        SigningKeys.ISSUER,
        keys.published(),
        access.breakGlass(change.handle(), change.organization()).stream()
            .map(client ->
                new LinkCommand.BreakGlassClient(
                    client.id().toString(),
                    client.secret(),
                    client.permissions().stream()
                        .filter(AT_ENCLAVE::contains)
                        .map(Permission::wire)
                        .collect(Collectors.toSet()),
                    client.subject(),
                    client.rotatedAt()))
            .toList(),
        tooMany ? List.of() : cut.stream().map(OperatorTrust::withdrawal).toList(),
        // Tokens know seconds only, and who lost something in this one is to lose it.
        tooMany ? change.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(1) : null);
  }

  private static LinkCommand.Withdrawal withdrawal(ClientAccess.Cut cut) {
    return new LinkCommand.Withdrawal(
        cut.id().toString(),
        cut.left().stream().map(Permission::wire).collect(Collectors.toSet()),
        cut.rotatedAt(),
        cut.subject());
  }
}
