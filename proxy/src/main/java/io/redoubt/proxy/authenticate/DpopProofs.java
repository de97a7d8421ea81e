package io.redoubt.proxy.authenticate;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectReader;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.Jwk;
import io.redoubt.protocol.jwt.VerificationKey;
import io.redoubt.protocol.token.TokenDigest;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Locale;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * Checks proofs of possession (RFC 9449), ES256 only: bound to method and address, to the access
 * token where there is one, fresh, and good for one use on this node.
 */
public final class DpopProofs {
  private static final String HEADER = "dpop";
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final Base64.Decoder DECODER = Base64.getUrlDecoder();
  private static final int MAX_JTI = 256;

  /** Strict: a proof that carries a private half, a {@code kid} or anything else is refused. */
  private record Head(@Nullable String typ, @Nullable String alg, @Nullable ProofKey jwk) {}

  private record ProofKey(
      @Nullable String kty, @Nullable String crv, @Nullable String x, @Nullable String y) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Claims(
      @Nullable String jti,
      @Nullable String htm,
      @Nullable String htu,
      @Nullable Long iat,
      @Nullable String ath) {}

  private static final ObjectReader HEAD = Json.STRICT.readerFor(Head.class);
  private static final ObjectReader CLAIMS = Json.STRICT.readerFor(Claims.class);

  private final AuthenticateConfig.Dpop config;
  private final InstantSource clock;
  private final UsedOnce usedWithTokens;
  private final UsedOnce usedAlone;
  private final Remembered<String, VerificationKey> keys;

  public DpopProofs(AuthenticateConfig.Dpop config, InstantSource clock) {
    this.config = config;
    this.clock = clock;
    // Apart, so that callers nobody knows yet take no room from those who hold a token.
    this.usedWithTokens = used(config, clock);
    this.usedAlone = used(config, clock);
    this.keys = new Remembered<>(config.keys());
  }

  private static UsedOnce used(AuthenticateConfig.Dpop config, InstantSource clock) {
    return new UsedOnce(
        config.proofAge().plus(config.clockSkew()),
        config.replayMemory(),
        config.replayMemoryPerCaller(),
        clock);
  }

  /** Whether the request carries a proof at all. */
  public static boolean isOfferedBy(HttpRequest request) {
    return request.getHeader(HEADER).isPresent();
  }

  /**
   * What the request proves of the key that an access token is bound to.
   *
   * @param caller whose token it is: the proof counts among that caller's
   */
  public Proof ofToken(HttpRequest request, String accessToken, String boundTo, Object caller) {
    return check(request, accessToken, boundTo, caller);
  }

  /**
   * What the request proves where it presents no access token, as when a family is bound.
   *
   * @param caller the proof counts among whose
   */
  public Proof ofAnyKey(HttpRequest request, Object caller) {
    return check(request, null, null, caller);
  }

  private Proof check(
      HttpRequest request, @Nullable String accessToken, @Nullable String boundTo, Object caller) {
    String proof = null;
    for (HttpHeader header : request.getHeaders()) {
      if (header.lowercaseName().equals(HEADER)) {
        if (proof != null) {
          return Proof.Refused.INVALID; // RFC 9449 §4.3: not more than one
        }
        proof = header.value();
      }
    }
    return proof == null
        ? Proof.Refused.INVALID
        : verify(proof, request, accessToken, boundTo, caller);
  }

  private Proof verify(
      String proof,
      HttpRequest request,
      @Nullable String accessToken,
      @Nullable String boundTo,
      Object caller) {
    int first = proof.indexOf('.');
    int second = proof.indexOf('.', first + 1);
    if (proof.length() > config.maxLength()
        || first <= 0
        || second <= first + 1
        || proof.indexOf('.', second + 1) >= 0) {
      return Proof.Refused.INVALID;
    }
    try {
      @Nullable Head head = HEAD.readValue(DECODER.decode(proof.substring(0, first)));
      @Nullable Claims claims =
          CLAIMS.readValue(DECODER.decode(proof.substring(first + 1, second)));
      if (head == null
          || claims == null
          || !"dpop+jwt".equals(head.typ)
          || !"ES256".equals(head.alg)
          || head.jwk == null
          || !holds(claims, request, accessToken)) {
        return Proof.Refused.INVALID;
      }
      VerificationKey key = key(head.jwk);
      byte[] input = proof.substring(0, second).getBytes(StandardCharsets.US_ASCII);
      // Key and signature before the memory: who has neither must not be able to fill it.
      if ((boundTo != null && !boundTo.equals(key.kid()))
          || !key.verifies(input, DECODER.decode(proof.substring(second + 1)))) {
        return Proof.Refused.INVALID;
      }
      UsedOnce used = accessToken == null ? usedAlone : usedWithTokens;
      return switch (used.admit(caller, key.kid() + '.' + claims.jti)) {
        case FIRST -> new Proof.Shown(key.kid());
        case AGAIN -> Proof.Refused.INVALID;
        case CALLER_FULL -> Proof.Refused.TOO_MANY;
        case FULL -> Proof.Refused.FULL;
      };
    } catch (JacksonException | IllegalArgumentException _) {
      return Proof.Refused.INVALID;
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  private boolean holds(Claims claims, HttpRequest request, @Nullable String accessToken) {
    if (claims.jti == null
        || claims.jti.isEmpty()
        || claims.jti.length() > MAX_JTI
        || claims.htu == null
        || claims.iat == null
        || !request.method().name().equals(claims.htm)) {
      return false;
    }
    long now = clock.millis() / 1000;
    if (claims.iat > now + config.clockSkew().toSeconds()
        || claims.iat < now - config.proofAge().toSeconds()) {
      return false;
    }
    if (accessToken != null
        && !ENCODER.encodeToString(TokenDigest.of(accessToken).bytes()).equals(claims.ath)) {
      return false;
    }
    return isAddressOf(request, claims.htu);
  }

  /** RFC 9449 §4.3: without query and fragment, scheme and host in any case, default ports cut. */
  private boolean isAddressOf(HttpRequest request, String htu) {
    var uri = request.getUri();
    var claimed = URI.create(htu);
    if (claimed.getRawPath() == null || !claimed.getRawPath().equals(uri.path())) {
      return false;
    }
    String origin = origin(claimed.getScheme(), claimed.getHost(), claimed.getPort());
    if (!config.origins().isEmpty()) {
      return config.origins().stream()
          .map(URI::create)
          .anyMatch(o -> origin(o.getScheme(), o.getHost(), o.getPort()).equals(origin));
    }
    return origin(uri.getScheme(), uri.host().address(), uri.getPort()).equals(origin);
  }

  private static String origin(@Nullable String scheme, @Nullable String host, int port) {
    if (scheme == null || host == null) {
      throw new IllegalArgumentException("an absolute address is needed");
    }
    String lower = scheme.toLowerCase(Locale.ROOT);
    int effective = port > 0 ? port : lower.equals("https") ? 443 : 80;
    String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    return lower + "://" + name.toLowerCase(Locale.ROOT) + ':' + effective;
  }

  /** The key by its thumbprint (RFC 7638); reading one costs far more than finding it again. */
  private VerificationKey key(ProofKey jwk) {
    if (!"EC".equals(jwk.kty) || !"P-256".equals(jwk.crv) || jwk.x == null || jwk.y == null) {
      throw new IllegalArgumentException("not a P-256 key");
    }
    String x = canonical(jwk.x);
    String y = canonical(jwk.y);
    String members = "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" + x + "\",\"y\":\"" + y + "\"}";
    String thumbprint = ENCODER.encodeToString(TokenDigest.of(members).bytes());
    var known = keys.get(thumbprint);
    if (known != null) {
      return known;
    }
    var read = VerificationKey.of(new Jwk("EC", "P-256", thumbprint, "sig", "ES256", x, y));
    keys.put(thumbprint, read);
    return read;
  }

  private static String canonical(String coordinate) {
    return ENCODER.encodeToString(DECODER.decode(coordinate));
  }
}
