package io.redoubt.controlplane.provider;

import static io.redoubt.controlplane.operator.Permission.PROVIDERS_MANAGE;
import static io.redoubt.controlplane.operator.Permission.PROVIDERS_READ;

import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.http.Bodies;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.net.CaCertificates;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Secret;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/providers}. Keys are written, never read. */
public final class ProviderRoutes {
  private static final String PATH = "/api/v1/providers";
  private static final String ONE = PATH + "/{name}";
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

  /** What fits in one header line: a key with a line break would write headers of its own. */
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,4096}");

  private static final int DEFAULT_TIMEOUT_SECONDS = 300;
  private static final int MAX_TIMEOUT_SECONDS = 3600;
  private static final int MAX_CONNECT_TIMEOUT_SECONDS = 60;

  private final Providers providers;
  private final BaseUrls baseUrls;
  private final Bodies bodies;

  public ProviderRoutes(Providers providers, ProvidersConfig config, Bodies bodies) {
    this.providers = providers;
    this.baseUrls = new BaseUrls(config.httpHosts());
    this.bodies = bodies;
  }

  record ProviderBody(
      ProviderSpec.@Nullable Kind kind,
      @Nullable String baseUrl,
      @Nullable Secret apiKey,
      @Nullable List<@Nullable String> models,
      @Nullable Integer timeoutSeconds,
      @Nullable Integer connectTimeoutSeconds,
      @Nullable TlsBody tls) {}

  record TlsBody(@Nullable String caPem) {}

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, PROVIDERS_READ, this::list),
        Endpoint.get(ONE, PROVIDERS_READ, this::show),
        Endpoint.put(ONE, PROVIDERS_MANAGE, this::put),
        Endpoint.delete(ONE, PROVIDERS_MANAGE, this::delete));
  }

  private Route list(Call call) {
    call.parameters("limit", "cursor");
    return Requests.page(page ->
        call.read(transaction -> {
          var found =
              providers.list(
                  transaction, PageOf.after(page, NAME.asMatchPredicate()), page.limit() + 1);
          return Answer.ok(PageOf.body(found, page.limit(), Provider::name));
        }));
  }

  private Route show(Call call) {
    String name = name(call);
    return call.read(transaction ->
        providers
            .find(transaction, name)
            .map(found -> Answer.ok(found).withVersion(found.version()))
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private static String name(Call call) {
    String name = call.pathValue("name");
    if (!NAME.matcher(name).matches()) {
      throw ProblemException.of(ErrorType.NOT_FOUND);
    }
    return name;
  }

  private Route put(Call call) {
    String name = call.pathValue("name");
    return bodies.json(
        ProviderBody.class,
        body -> {
          var draft = checked(name, body);
          var key = Objects.requireNonNull(body.apiKey(), "checked before");
          return Replies.async(
              providers
                  .seal(call.operator().organization(), name, key)
                  .thenApply(sealed -> put(call, draft, sealed)));
        });
  }

  private Route put(Call call, Providers.Draft draft, byte[] sealedKey) {
    return call.change(change -> {
      change
          .lockOrganization(); // what is held against the version must still be so when it changes
      var before = providers.find(change, draft.name());
      call.requireMatch(before.map(Provider::version));
      var kept = providers.put(change, draft, sealedKey);
      var answer =
          before.isPresent() ? Answer.ok(kept) : Answer.created(PATH + "/" + kept.name(), kept);
      return answer.withVersion(kept.version());
    });
  }

  private Providers.Draft checked(String name, ProviderBody body) {
    var url = baseUrls.read(body.baseUrl());
    int timeout = Optional.ofNullable(body.timeoutSeconds()).orElse(DEFAULT_TIMEOUT_SECONDS);
    var connectTimeout = body.connectTimeoutSeconds();
    var caPem = body.tls() == null ? null : body.tls().caPem();
    new Checks()
        .require(
            NAME.matcher(name).matches(),
            "name",
            "has 1 to 63 lower-case letters, digits, dots, dashes and underscores")
        .require(body.kind() != null, "/kind", "is needed: anthropic or openai")
        .require(
            url.isPresent(),
            "/base_url",
            "is needed: an https URL without credentials, query or fragment")
        .require(
            body.apiKey() != null && KEY.matcher(body.apiKey().reveal()).matches(),
            "/api_key",
            "is needed: 1 to 4096 visible ASCII characters")
        .list("/models", body.models(), 100, 200)
        .require(timeout >= 1 && timeout <= MAX_TIMEOUT_SECONDS, "/timeout_seconds", "is 1 to 3600")
        .require(
            connectTimeout == null
                || (connectTimeout >= 1 && connectTimeout <= MAX_CONNECT_TIMEOUT_SECONDS),
            "/connect_timeout_seconds",
            "is 1 to 60")
        .require(
            body.tls() == null || url.isEmpty() || "https".equals(url.get().getScheme()),
            "/tls",
            "is for an https base_url")
        .require(
            body.tls() == null || isAuthorities(caPem),
            "/tls/ca_pem",
            "is needed: 1 to 20 certificates in PEM, at most 65536 characters, and nothing beside"
                + " them")
        .done();
    return new Providers.Draft(
        name,
        Objects.requireNonNull(body.kind()),
        url.orElseThrow(),
        body.models() == null
            ? List.of()
            : body.models().stream().map(Objects::requireNonNull).toList(),
        timeout,
        false,
        connectTimeout,
        caPem);
  }

  private static boolean isAuthorities(@Nullable String pem) {
    try {
      return pem != null && !CaCertificates.parse(pem).isEmpty();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private Route delete(Call call) {
    String name = name(call);
    return call.change(change -> {
      change.lockOrganization();
      var found =
          providers.find(change, name).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      call.requireMatch(found.version());
      providers.delete(change, found);
      return Answer.noContent();
    });
  }
}
