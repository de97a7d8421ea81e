package io.redoubt.controlplane.channel;

import static io.redoubt.controlplane.operator.Permission.MEMBERS_READ;
import static io.redoubt.controlplane.operator.Permission.ORG_MANAGE;
import static io.redoubt.controlplane.operator.Permission.ORG_READ;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.controlplane.iam.Members;
import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.provider.BaseUrls;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.http.Bodies;
import io.redoubt.http.Replies;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Disclosed;
import io.redoubt.protocol.secret.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/channels}. Secrets are written, never read. */
public final class ChannelRoutes {
  private static final String PATH = "/api/v1/channels";
  private static final String SLACK = PATH + "/slack";
  private static final String MEMBERS = SLACK + "/members";
  private static final String WEBHOOK = PATH + "/webhook";

  /** What fits in one header line, and is worth calling a secret. */
  private static final Pattern SECRET = Pattern.compile("[\\x21-\\x7e]{16,500}");

  private static final int MAX_MEMBERS = 1000;

  private final Channels channels;
  private final Members members;
  private final BaseUrls baseUrls;
  private final Bodies bodies;

  public ChannelRoutes(Channels channels, Members members, ChannelsConfig config, Bodies bodies) {
    this.channels = channels;
    this.members = members;
    this.baseUrls = new BaseUrls(config.httpHosts());
    this.bodies = bodies;
  }

  record SlackBody(
      @Nullable Secret botToken,
      @Nullable Secret signingSecret,
      @Nullable String channelId,
      @Nullable String teamId,
      @Nullable String appId,
      SlackSettings.@Nullable Arguments arguments,
      @Nullable String baseUrl) {}

  record WebhookBody(@Nullable String url, @Nullable Secret secret) {}

  record MappingBody(@Nullable String userId, @Nullable MemberId memberId) {}

  record MembersBody(@Nullable List<@Nullable MappingBody> members) {}

  record MemberList(List<Channels.Mapping> members) {}

  /** There are but a few, so there is never a next page. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record ChannelList(List<Channel> items, @Nullable String nextCursor) {}

  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(PATH, ORG_READ, this::list),
        Endpoint.get(SLACK, ORG_READ, call -> show(call, Channel.Kind.SLACK)),
        Endpoint.put(SLACK, ORG_MANAGE, this::putSlack),
        Endpoint.delete(SLACK, ORG_MANAGE, call -> delete(call, Channel.Kind.SLACK)),
        Endpoint.get(MEMBERS, MEMBERS_READ, this::listMembers),
        Endpoint.put(MEMBERS, ORG_MANAGE, this::putMembers),
        Endpoint.get(WEBHOOK, ORG_READ, call -> show(call, Channel.Kind.WEBHOOK)),
        Endpoint.put(WEBHOOK, ORG_MANAGE, this::putWebhook),
        Endpoint.delete(WEBHOOK, ORG_MANAGE, call -> delete(call, Channel.Kind.WEBHOOK)));
  }

  private Route list(Call call) {
    call.parameters();
    return call.read(transaction -> Answer.ok(new ChannelList(channels.list(transaction), null)));
  }

  private Route show(Call call, Channel.Kind kind) {
    return call.read(transaction ->
        channels
            .find(transaction, kind)
            .map(found -> Answer.ok(found).withVersion(found.version()))
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private Route putSlack(Call call) {
    return bodies.json(
        SlackBody.class,
        body -> {
          var settings = checked(body);
          var secrets =
              new SlackSecrets(disclosed(body.botToken()), disclosed(body.signingSecret()));
          return put(
              call,
              Channel.Kind.SLACK,
              Rows.tree(settings),
              secrets.sealable(),
              settings.appId(),
              Signatures.sha256(secrets.signingSecret().reveal()));
        });
  }

  private static Disclosed disclosed(@Nullable Secret secret) {
    return Disclosed.of(Objects.requireNonNull(secret, "checked before").reveal());
  }

  private SlackSettings checked(SlackBody body) {
    Optional<URI> url =
        body.baseUrl() == null
            ? Optional.of(SlackSettings.SLACK)
            : baseUrls.read(body.baseUrl()).map(ChannelRoutes::withSlash);
    new Checks()
        .require(isSecret(body.botToken()), "/bot_token", "is needed: 16 to 500 visible characters")
        .require(
            isSecret(body.signingSecret()),
            "/signing_secret",
            "is needed: 16 to 500 visible characters")
        .require(is(SlackSettings.CHANNEL, body.channelId()), "/channel_id", "is needed: C…")
        .require(is(SlackSettings.TEAM, body.teamId()), "/team_id", "is needed: T…")
        .require(is(SlackSettings.APP, body.appId()), "/app_id", "is needed: A…")
        .require(
            url.isPresent(), "/base_url", "is an https URL without credentials, query or fragment")
        .done();
    return new SlackSettings(
        Objects.requireNonNull(body.channelId()),
        Objects.requireNonNull(body.teamId()),
        Objects.requireNonNull(body.appId()),
        body.arguments() == null ? SlackSettings.Arguments.REDACTED : body.arguments(),
        url.orElseThrow());
  }

  private static URI withSlash(URI url) {
    return url.toString().endsWith("/") ? url : URI.create(url + "/");
  }

  private static boolean is(Pattern form, @Nullable String value) {
    return value != null && form.matcher(value).matches();
  }

  private static boolean isSecret(@Nullable Secret secret) {
    return secret != null && SECRET.matcher(secret.reveal()).matches();
  }

  private Route putWebhook(Call call) {
    return bodies.json(
        WebhookBody.class,
        body -> {
          var url = baseUrls.read(body.url());
          new Checks()
              .require(
                  url.isPresent(),
                  "/url",
                  "is needed: an https URL without credentials, query or fragment")
              .require(
                  isSecret(body.secret()), "/secret", "is needed: 16 to 500 visible characters")
              .done();
          return put(
              call,
              Channel.Kind.WEBHOOK,
              Rows.tree(new WebhookTeller.Settings(url.orElseThrow())),
              disclosed(body.secret()).reveal().getBytes(StandardCharsets.UTF_8),
              null,
              null);
        });
  }

  private Route put(
      Call call,
      Channel.Kind kind,
      JsonNode settings,
      byte[] secrets,
      @Nullable String appId,
      byte @Nullable [] secretDigest) {
    return Replies.async(
        channels
            .seal(call.operator().organization(), kind, secrets)
            .thenApply(sealed ->
                put(call, new Channels.Draft(kind, settings, sealed, appId, secretDigest))));
  }

  private Route put(Call call, Channels.Draft draft) {
    return call.change(change -> {
      change.lockOrganization(); // what is held against the version must still be so then
      var before = channels.find(change, draft.kind());
      call.requireMatch(before.map(Channel::version));
      var kept = channels.put(change, draft);
      var answer =
          before.isPresent()
              ? Answer.ok(kept)
              : Answer.created(PATH + "/" + kept.kind().wire(), kept);
      return answer.withVersion(kept.version());
    });
  }

  private Route delete(Call call, Channel.Kind kind) {
    return call.change(change -> {
      change.lockOrganization();
      var found =
          channels.find(change, kind).orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      call.requireMatch(found.version());
      channels.delete(change, found);
      return Answer.noContent();
    });
  }

  private Route listMembers(Call call) {
    return call.read(transaction -> {
      var channel =
          channels
              .find(transaction, Channel.Kind.SLACK)
              .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      return Answer.ok(new MemberList(channels.members(transaction, channel.kind())))
          .withVersion(channel.version());
    });
  }

  private Route putMembers(Call call) {
    return bodies.json(
        MembersBody.class,
        body -> {
          var wanted = checked(body);
          return call.change(change -> {
            change.lockOrganization();
            var channel =
                channels
                    .find(change, Channel.Kind.SLACK)
                    .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
            call.requireMatch(channel.version());
            channels.map(change, members, channel, wanted);
            return Answer.ok(new MemberList(channels.members(change, channel.kind())))
                .withVersion(channel.version() + 1);
          });
        });
  }

  private static List<Channels.Mapping> checked(MembersBody body) {
    var checks = new Checks();
    var wanted = new ArrayList<Channels.Mapping>();
    var users = new HashSet<String>();
    List<@Nullable MappingBody> given = body.members() == null ? List.of() : body.members();
    checks
        .require(body.members() != null, "/members", "are needed, or none: []")
        .require(given.size() <= MAX_MEMBERS, "/members", "are at most " + MAX_MEMBERS);
    for (int i = 0; i < Math.min(given.size(), MAX_MEMBERS); i++) {
      @Nullable MappingBody mapping = given.get(i);
      String at = "/members/" + i;
      if (mapping == null
          || mapping.memberId() == null
          || !is(SlackSettings.USER, mapping.userId())) {
        checks.wrong(at, "has a user_id of Slack's, U…, and a member_id");
      } else {
        String user = Objects.requireNonNull(mapping.userId());
        checks.require(users.add(user), at + "/user_id", "is there twice");
        wanted.add(new Channels.Mapping(user, mapping.memberId()));
      }
    }
    checks.done();
    return wanted;
  }
}
