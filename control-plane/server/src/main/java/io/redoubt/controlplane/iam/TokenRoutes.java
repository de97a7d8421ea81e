package io.redoubt.controlplane.iam;

import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.apache.pekko.http.javadsl.server.PathMatchers.separateOnSlashes;

import io.redoubt.http.Bodies;
import io.redoubt.http.ClientCredentials;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.protocol.secret.Disclosed;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Route;

/** The token endpoint, {@code POST /api/v1/iam/token} (RFC 6749 §4.4). */
public final class TokenRoutes {
  private static final String PATH = "api/v1/iam/token";

  private final TokenService service;
  private final Bodies bodies;
  private final EdgeConfig edge;

  public TokenRoutes(TokenService service, Bodies bodies, EdgeConfig edge) {
    this.service = service;
    this.bodies = bodies;
    this.edge = edge;
  }

  record TokenBody(Disclosed accessToken, String tokenType, long expiresIn, String scope) {}

  record ErrorBody(String error, String errorDescription) {}

  public Route routes() {
    return path(
        separateOnSlashes(PATH),
        () ->
            post(() ->
                bodies.form(
                    form -> extractRequest(request -> answer(request, form)),
                    TokenRoutes::malformed)));
  }

  private static Route malformed() {
    return error(400, "invalid_request", "the form is malformed, or says something twice");
  }

  private Route answer(HttpRequest request, Map<String, String> form) {
    String grantType = form.get("grant_type");
    if (grantType == null) {
      return error(400, "invalid_request", "grant_type is needed");
    }
    if (!grantType.equals("client_credentials")) {
      return error(400, "unsupported_grant_type", "this server knows client_credentials");
    }
    return switch (ClientCredentials.of(request, form)) {
      case ClientCredentials.Ambiguous _ ->
          error(400, "invalid_request", "the client authenticates in one way only");
      case ClientCredentials.Missing _ -> invalidClient();
      case ClientCredentials.Offered(var id, var secret) -> {
        var wanted =
            new TokenService.Request(
                id,
                secret,
                Optional.ofNullable(form.get("scope")),
                Requests.source(edge, request),
                Requests.trace(request).traceId());
        yield Replies.async(service.issue(wanted).thenApply(TokenRoutes::answer));
      }
    };
  }

  private static Route answer(TokenService.Reply reply) {
    return switch (reply) {
      case TokenService.Issued issued ->
          Replies.json(
              200,
              new TokenBody(
                  Disclosed.of(issued.token().reveal()),
                  "Bearer",
                  issued.lifetime().toSeconds(),
                  issued.scope()),
              List.of(RawHeader.create("Pragma", "no-cache")));
      case TokenService.Refused refused ->
          switch (refused) {
            case INVALID_CLIENT -> invalidClient();
            case INVALID_SCOPE ->
                error(400, "invalid_scope", "the scope exceeds what the client may do");
          };
    };
  }

  private static Route invalidClient() {
    return Replies.json(
        401,
        new ErrorBody("invalid_client", "the client is unknown or its secret is wrong"),
        List.of(RawHeader.create("WWW-Authenticate", "Basic realm=\"redoubt\"")));
  }

  private static Route error(int status, String code, String description) {
    return Replies.json(status, new ErrorBody(code, description));
  }
}
