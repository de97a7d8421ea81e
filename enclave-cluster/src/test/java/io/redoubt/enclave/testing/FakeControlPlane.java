package io.redoubt.enclave.testing;

import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ApproverGroup;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.OperatorClaims;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.link.Acknowledgement;
import io.redoubt.protocol.link.AuditBatch;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.Heartbeat;
import io.redoubt.protocol.link.Hello;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.SealedBox;
import io.redoubt.protocol.link.SealedBoxes;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.BundleDigest;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.protocol.token.SecretKeyText;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A control plane that says what a test tells it to, signed like the real one, and remembers what
 * it hears. It can be stopped and started again on the same port.
 */
public final class FakeControlPlane implements AutoCloseable {
  public static final String SLACKS_SIGNATURE = "v0=" + "5".repeat(64);
  public static final String BOT_FRAMEWORKS_TOKEN = "Bearer e30.e30.e30";
  private static final Clock CLOCK = Clock.systemUTC();

  static {
    // What tests wait for is there after milliseconds, and each of them waits often.
    Awaitility.setDefaultPollInterval(Duration.ofMillis(25));
  }

  public final EnclaveId enclave = EnclaveId.next(CLOCK);
  public final SecretKeyText apiKey =
      SecretKeyText.mint(SecretKeyText.Kind.ENCLAVE_API_KEY, enclave);
  public final SigningKey operatorKey = SigningKey.generate();
  public final List<LinkReport> reports = new CopyOnWriteArrayList<>();
  public final List<Callback> callbacks = new CopyOnWriteArrayList<>();

  private final SigningKey commandKey = SigningKey.generate();
  private final List<String> log = new ArrayList<>();
  private final Map<BundleDigest, String> bundles = new ConcurrentHashMap<>();
  private final Map<OrganizationId, List<AuditBatch.Line>> audit = new ConcurrentHashMap<>();
  private final Set<Thread> streams = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile byte @Nullable [] enrolmentKey;
  private volatile Predicate<LinkReport> refused = _ -> false;
  private volatile CompletableFuture<Void> bundlesHeld = CompletableFuture.completedFuture(null);
  private volatile Clock clock = CLOCK;
  private @Nullable HttpServer server;
  private int port;

  private record Reports(List<LinkReport> reports) {}

  /** Well-formed and wrong. */
  private static final class Unprocessable extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  public FakeControlPlane() {
    start();
  }

  /** So much time passes here at once. */
  public void pass(Duration time) {
    clock = Clock.offset(clock, time);
  }

  /** Hands out no bundle until what is returned is complete. */
  public CompletableFuture<Void> holdBundles() {
    var held = new CompletableFuture<Void>();
    bundlesHeld = held;
    return held;
  }

  /** From now on takes no reports among which there is such a one. */
  public void refuses(Predicate<LinkReport> reports) {
    refused = reports;
  }

  /** Begins to answer, on the port it had before. */
  public void start() {
    try {
      var made =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 64);
      made.setExecutor(threads);
      made.createContext("/enclave/v1/hello", exchange -> answer(exchange, this::hello));
      made.createContext("/enclave/v1/commands", this::commands);
      made.createContext("/enclave/v1/reports", exchange -> answer(exchange, this::report));
      made.createContext("/enclave/v1/audit", exchange -> answer(exchange, this::audit));
      made.createContext("/enclave/v1/bundles/", this::bundle);
      made.createContext("/enclave/v1/callbacks/", this::callback);
      made.start();
      port = made.getAddress().getPort();
      server = made;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What was passed on here, as it came. */
  public record Callback(String chat, String proof, String body) {}

  /** Knows one proof of each chat's, and answers what the chat is to show. */
  private void callback(HttpExchange exchange) throws IOException {
    try (exchange) {
      var headers = exchange.getRequestHeaders();
      String path = exchange.getRequestURI().getPath();
      String chat = path.substring(path.lastIndexOf('/') + 1);
      String proof =
          chat.equals("slack")
              ? headers.getFirst("X-Slack-Request-Timestamp")
                  + " "
                  + headers.getFirst("X-Slack-Signature")
              : String.valueOf(headers.getFirst("X-Redoubt-Callback-Authorization"));
      boolean own = ("Bearer " + apiKey.reveal()).equals(headers.getFirst("Authorization"));
      if (!own || !(proof.endsWith(SLACKS_SIGNATURE) || proof.equals(BOT_FRAMEWORKS_TOKEN))) {
        exchange.sendResponseHeaders(401, -1);
        return;
      }
      callbacks.add(
          new Callback(
              chat,
              proof,
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
      byte[] answer = "{\"response_action\":\"errors\"}".getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  /** Goes away: connections break, new ones are refused. */
  public void stop() {
    HttpServer running = server;
    if (running != null) {
      running.stop(0);
      server = null;
    }
    streams.forEach(Thread::interrupt);
  }

  public URI url() {
    return URI.create("http://127.0.0.1:" + port);
  }

  public SigningKey commandKey() {
    return commandKey;
  }

  /** Says it, after everything said before; answers its number. */
  public long say(OrganizationId organization, LinkCommand command) {
    synchronized (log) {
      long number = log.size() + 1L;
      sayRaw(
          Json.write(new CommandEnvelope(enclave, number, organization, clock.instant(), command)));
      return number;
    }
  }

  /** Publishes policies as that version, after everything said before; answers its number. */
  public long publish(OrganizationId organization, long version, PolicyDocument... policies) {
    var bundle = new Bundle(organization, version, clock.instant(), List.of(policies));
    return offer(organization, version, bundle.digest(), bundle.sign(commandKey));
  }

  /** The same, with those whom the policies ask. */
  public long publish(
      OrganizationId organization,
      long version,
      List<ApprovalWorkflow> workflows,
      PolicyDocument... policies) {
    return publish(organization, version, workflows, List.of(), policies);
  }

  /** The same, with groups of them. */
  public long publish(
      OrganizationId organization,
      long version,
      List<ApprovalWorkflow> workflows,
      List<ApproverGroup> groups,
      PolicyDocument... policies) {
    var bundle =
        new Bundle(
            organization,
            version,
            clock.instant(),
            List.of(policies),
            List.of(),
            List.of(),
            workflows,
            groups);
    return offer(organization, version, bundle.digest(), bundle.sign(commandKey));
  }

  /** The starter, and what is done about what inspectors find. */
  public long publish(OrganizationId organization, long version, ContentDocument content) {
    var bundle =
        new Bundle(
            organization,
            version,
            clock.instant(),
            List.of(Starter.DOCUMENT),
            List.of(),
            List.of(content),
            List.of());
    return offer(organization, version, bundle.digest(), bundle.sign(commandKey));
  }

  /** Says that there is a bundle, and hands this out to who asks for it: it need be none at all. */
  public long offer(
      OrganizationId organization, long version, BundleDigest digest, String handedOut) {
    bundles.put(digest, handedOut);
    return say(organization, new LinkCommand.BundlePublished(version, digest));
  }

  /** Says something signed that need be no command at all. */
  public void sayRaw(byte[] payload) {
    synchronized (log) {
      log.add(Jws.sign(commandKey, Jws.Type.LINK_COMMAND, payload));
      log.notifyAll();
    }
  }

  /** Says it, and waits for the proof that it was carried out. */
  public Acknowledgement proof(OrganizationId organization, LinkCommand command) {
    long number = say(organization, command);
    return await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(5))
        .until(
            () ->
                reports.stream()
                    .filter(LinkReport.AgentStopped.class::isInstance)
                    .map(LinkReport.AgentStopped.class::cast)
                    .filter(it -> it.commandNumber() == number)
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow()
        .proof();
  }

  /** A token of a member of the organization, good for a minute. */
  public String operatorToken(OrganizationId organization, String... permissions) {
    return operatorToken(organization, null, permissions);
  }

  /** The same, of a member who authenticated that long before. */
  public String operatorToken(
      OrganizationId organization, @Nullable Duration authenticated, String... permissions) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    return new OperatorClaims(
            "urn:redoubt:control-plane",
            OperatorClaims.AUDIENCE,
            "mem_1",
            "cli_1",
            organization,
            Set.of(permissions),
            AuditId.next(clock).toString(),
            now,
            now.plusSeconds(60),
            authenticated == null ? null : now.minus(authenticated),
            null)
        .sign(operatorKey);
  }

  public long lastNumber() {
    synchronized (log) {
      return log.size();
    }
  }

  public void awaitApplied(long number) {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .until(() ->
            reports.stream()
                .anyMatch(it -> it instanceof LinkReport.Applied a && a.upTo() >= number));
  }

  /** Waits until every node has said that it runs that version, as far as it was asked. */
  public LinkReport.BundleRunning awaitRunning(OrganizationId organization, long version) {
    return await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .until(
            () ->
                reports.stream()
                    .filter(LinkReport.BundleRunning.class::isInstance)
                    .map(LinkReport.BundleRunning.class::cast)
                    .filter(it -> it.organizationId().equals(organization))
                    .filter(it -> it.version() == version && it.missing().isEmpty())
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  /** Why the enclave passed over a command, once it is past it; empty: it did not. */
  public String rejection(long number) {
    awaitApplied(number);
    return reports.stream()
        .filter(LinkReport.Rejected.class::isInstance)
        .map(LinkReport.Rejected.class::cast)
        .filter(it -> it.number() == number)
        .map(LinkReport.Rejected::why)
        .findFirst()
        .orElse("");
  }

  /** What of audit has arrived for the organization, oldest first. */
  public List<AuditBatch.Line> auditOf(OrganizationId organization) {
    var lines = audit.get(organization);
    if (lines == null) {
      return List.of();
    }
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  /** Waits, for not longer than is promised, until a record that fits has arrived. */
  public AuditRecord awaitAudit(OrganizationId organization, Predicate<AuditRecord> fits) {
    return await()
        .atMost(Duration.ofSeconds(5))
        .pollInterval(Duration.ofMillis(20))
        .until(
            () ->
                auditOf(organization).stream()
                    .map(AuditBatch.Line::record)
                    .filter(record -> record != null && fits.test(record))
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  public SealedBox seal(OrganizationId organization, String provider, String key) {
    await("the enclave has said hello")
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> enrolmentKey != null);
    return SealedBoxes.seal(
        Objects.requireNonNull(enrolmentKey),
        (enclave + "/" + organization + "/" + provider).getBytes(StandardCharsets.UTF_8),
        key.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A change of a call.
   *
   * @param sealedFor the request that it is sealed for
   */
  public LinkCommand.DecideApproval edit(
      OrganizationId organization, String approval, String arguments, String sealedFor) {
    return new LinkCommand.DecideApproval(
        ApprovalId.parse(approval),
        ApprovalView.Decision.APPROVE,
        "less",
        "mem_far",
        null,
        null,
        seal(organization, "approval/" + sealedFor, arguments));
  }

  private interface Handler {
    Object handle(byte[] body) throws IOException;
  }

  private void answer(HttpExchange exchange, Handler handler) throws IOException {
    try (exchange) {
      if (!authorized(exchange)) {
        exchange.sendResponseHeaders(401, -1);
        return;
      }
      byte[] answer;
      try {
        answer = Json.write(handler.handle(exchange.getRequestBody().readAllBytes()));
      } catch (Unprocessable _) {
        exchange.sendResponseHeaders(422, -1);
        return;
      }
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private boolean authorized(HttpExchange exchange) {
    return ("Bearer " + apiKey.reveal())
        .equals(exchange.getRequestHeaders().getFirst("Authorization"));
  }

  private Object hello(byte[] body) throws IOException {
    var hello = Json.LENIENT.readValue(body, Hello.Request.class);
    enrolmentKey = Base64.getDecoder().decode(hello.enrolmentKey());
    return new Hello.Response(
        enclave,
        "test",
        new JwkSet(List.of(commandKey.publicHalf().jwk())),
        null,
        null,
        lastNumber());
  }

  private Object report(byte[] body) throws IOException {
    var said = Json.LENIENT.readValue(body, Reports.class).reports();
    if (said.stream().anyMatch(refused)) {
      throw new Unprocessable();
    }
    reports.addAll(said);
    return Map.of();
  }

  private Object audit(byte[] body) throws IOException {
    var batch = Json.LENIENT.readValue(body, AuditBatch.class);
    var lines = audit.computeIfAbsent(batch.organizationId(), _ -> new ArrayList<>());
    synchronized (lines) {
      for (int i = 0; i < batch.lines().size(); i++) {
        if (batch.first() + i == lines.size() + 1L) {
          lines.add(batch.lines().get(i));
        }
      }
      return new AuditBatch.Kept(lines.size());
    }
  }

  private void bundle(HttpExchange exchange) throws IOException {
    try (exchange) {
      bundlesHeld.join();
      String path = exchange.getRequestURI().getPath();
      @Nullable String signed =
          authorized(exchange)
              ? bundles.get(BundleDigest.parse(path.substring(path.lastIndexOf('/') + 1)))
              : null;
      if (signed == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      byte[] answer = signed.getBytes(StandardCharsets.US_ASCII);
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private void commands(HttpExchange exchange) throws IOException {
    streams.add(Thread.currentThread());
    try (exchange) {
      if (!authorized(exchange)) {
        exchange.sendResponseHeaders(401, -1);
        return;
      }
      int next = Integer.parseInt(exchange.getRequestURI().getQuery().replace("after=", ""));
      exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
      exchange.sendResponseHeaders(200, 0);
      OutputStream out = exchange.getResponseBody();
      heartbeat(out);
      while (true) {
        List<String> news;
        synchronized (log) {
          if (log.size() <= next) {
            log.wait(1_000);
          }
          news = List.copyOf(log.subList(Math.min(next, log.size()), log.size()));
        }
        for (String token : news) {
          next++;
          event(out, "id: " + next + "\nevent: command\ndata: " + token + "\n\n");
        }
        if (news.isEmpty()) {
          heartbeat(out);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      streams.remove(Thread.currentThread());
    }
  }

  private void heartbeat(OutputStream out) throws IOException {
    byte[] payload = Json.write(new Heartbeat(enclave, clock.instant(), lastNumber(), null));
    event(
        out,
        "event: heartbeat\ndata: " + Jws.sign(commandKey, Jws.Type.LINK_COMMAND, payload) + "\n\n");
  }

  private static void event(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  @Override
  public void close() {
    stop();
    threads.shutdownNow();
  }
}
