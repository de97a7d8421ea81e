package io.redoubt.controlplane.link;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.pathPrefix;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;
import static org.apache.pekko.http.javadsl.server.PathMatchers.separateOnSlashes;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.controlplane.agent.AgentReports;
import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.controlplane.audit.AuditIntake;
import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.command.Delivery;
import io.redoubt.controlplane.command.Retelling;
import io.redoubt.controlplane.key.SigningKeys;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.controlplane.policy.Bundles;
import io.redoubt.http.Bodies;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Replies;
import io.redoubt.http.Strangers;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.link.AuditBatch;
import io.redoubt.protocol.link.ChatCallback;
import io.redoubt.protocol.link.Hello;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.text.PlainText;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code /enclave/v1}: what enclaves call. Every call may be repeated safely. */
public final class LinkRoutes {
  private static final int MAX_REPORTS = 500;
  private static final int MAX_TEXT = 100;
  private static final int KEY_BYTES = 32;

  /** A compact JWS (RFC 7515 §9.2.1). */
  private static final ContentType JOSE =
      ContentTypes.create(MediaTypes.customBinary("application", "jose", false));

  private final EnclaveAuthenticator authenticator;
  private final CommandStream stream;
  private final Reports reports;
  private final AuditIntake audit;
  private final BundleDelivery bundles;
  private final Conversation conversation;
  private final Function<ChatCallback, Route> callbacks;
  private final LinkBodies bodies;
  private final OpenStreams openStreams;

  public LinkRoutes(
      Database database,
      CommandLog commands,
      List<Delivery> deliveries,
      List<Retelling> retellings,
      Bundles bundles,
      AgentReports agents,
      Approvals approvals,
      Function<ChatCallback, Route> callbacks,
      AuditIntake audit,
      SigningKeys keys,
      Trail trail,
      Bodies bodies,
      EdgeConfig edge,
      Strangers strangers,
      LinkConfig config,
      String version,
      MeterRegistry metrics,
      Clock clock) {
    this.authenticator = new EnclaveAuthenticator(database, edge, strangers);
    this.stream = new CommandStream(database, commands, deliveries, approvals, keys, config, clock);
    var contacts = new Contacts(database);
    this.reports =
        new Reports(database, contacts, agents, bundles, approvals, commands, trail, clock);
    this.callbacks = callbacks;
    this.audit = audit;
    this.bundles = new BundleDelivery(database, bundles, keys);
    this.conversation =
        new Conversation(
            database, contacts, commands, retellings, keys, trail, version, config, clock);
    this.openStreams = new OpenStreams(config.streamsPerEnclave(), conversation, metrics);
    this.bodies = new LinkBodies(bodies, config.maxBodyBytes());
  }

  record ReportsBody(@Nullable List<@Nullable LinkReport> reports) {}

  /** Ends the streams of commands, which would otherwise hold up a stop. */
  public void endStreams() {
    openStreams.end();
  }

  public Route routes() {
    return pathPrefix(
        separateOnSlashes("enclave/v1"),
        () ->
            concat(
                path("hello", () -> post(() -> called(this::hello))),
                path("commands", () -> get(() -> called(this::commands))),
                path("reports", () -> post(() -> called(this::reports))),
                path("audit", () -> post(() -> called(this::audit))),
                // Whoever sent it proves that itself: the enclave only lends its door.
                path(
                    segment("callbacks").slash(segment()),
                    name ->
                        ChatCallback.of(name)
                            .map(chat -> post(() -> called(_ -> callbacks.apply(chat))))
                            .orElseGet(Directives::reject)),
                path(
                    segment("bundles").slash(segment()),
                    digest -> get(() -> called(caller -> bundle(caller, digest))))));
  }

  private Route called(Function<Caller, Route> inner) {
    return extractRequest(
        request -> Replies.async(authenticator.authenticate(request).thenApply(inner)));
  }

  private Route hello(Caller caller) {
    return bodies.json(
        Hello.Request.class,
        body -> {
          byte[] enrolmentKey = enrolmentKey(body);
          requireText("/node", body.node());
          requireText("/version", body.version());
          return Replies.async(
              conversation
                  .hello(caller, enrolmentKey, body.version())
                  .thenApply(answer -> Replies.json(200, answer)));
        });
  }

  private static byte[] enrolmentKey(Hello.Request body) {
    try {
      if (body.enrolmentKey() != null) {
        byte[] key = Base64.getDecoder().decode(body.enrolmentKey());
        if (key.length == KEY_BYTES) {
          return key;
        }
      }
    } catch (IllegalArgumentException _) {
      // answered below
    }
    throw ProblemException.invalid("/enrolment_key", "is an X25519 public key, 32 bytes in base64");
  }

  private static void requireText(String pointer, @Nullable String value) {
    if (value == null || value.isBlank() || !PlainText.fits(value, MAX_TEXT)) {
      throw ProblemException.invalid(
          pointer, "is needed, with at most 100 characters, none of them control characters");
    }
  }

  private Route commands(Caller caller) {
    return extractRequest(request -> {
      long after = number(request.getUri().query().get("after").orElse("0"));
      return Replies.async(
          conversation.standing(caller).thenApply(stand -> open(caller, request, after, stand)));
    });
  }

  private static long number(String text) {
    try {
      long number = Long.parseLong(text);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException _) {
      // answered below
    }
    throw ProblemException.invalid("after", "is the number of the last command applied");
  }

  private Route open(Caller caller, HttpRequest request, long after, Conversation.Standing stand) {
    if (!stand.enrolled()) {
      throw ProblemException.of(ErrorType.CONFLICT, "Say hello first.");
    }
    if (after > stand.last()) {
      // Going on would skip commands: one of the two databases was set back.
      throw ProblemException.of(
          ErrorType.CONFLICT, "The log ends at " + stand.last() + ", before that number.");
    }
    openStreams.requireRoom(caller);
    var events = openStreams.tracked(caller, request, stream.after(caller, after));
    return complete(
        HttpResponse.create()
            .addHeader(RawHeader.create("Cache-Control", "no-store"))
            .withEntity(
                HttpEntities.create(ContentTypes.create(MediaTypes.TEXT_EVENT_STREAM), events)));
  }

  private Route reports(Caller caller) {
    return bodies.json(
        ReportsBody.class,
        body -> {
          var all = body.reports();
          if (all == null
              || all.size() > MAX_REPORTS
              || !all.stream().allMatch(Wholeness::isWhole)) {
            throw ProblemException.invalid("/reports", "are at most 500, each of them whole");
          }
          return Replies.async(
              reports
                  .accept(caller, all.stream().map(LinkReport.class::cast).toList())
                  .thenApply(
                      _ -> complete(HttpResponse.create().withStatus(StatusCodes.NO_CONTENT))));
        });
  }

  private Route bundle(Caller caller, String digest) {
    return Replies.async(
        bundles
            .signed(caller, digest)
            .thenApply(signed ->
                complete(HttpResponse.create().withEntity(HttpEntities.create(JOSE, signed)))));
  }

  private Route audit(Caller caller) {
    return bodies.json(AuditBatch.class, batch -> Replies.async(kept(caller, batch)));
  }

  private CompletionStage<Route> kept(Caller caller, AuditBatch batch) {
    return audit
        .accept(caller.enclave(), batch)
        .thenCombine(conversation.heard(caller), (kept, _) -> Replies.json(200, kept));
  }
}
