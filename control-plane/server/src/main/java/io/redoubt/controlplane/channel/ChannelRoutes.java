package io.redoubt.controlplane.channel;

import static io.redoubt.controlplane.operator.Permission.MEMBERS_READ;
import static io.redoubt.controlplane.operator.Permission.ORG_MANAGE;
import static io.redoubt.controlplane.operator.Permission.ORG_READ;

import io.redoubt.controlplane.iam.Members;
import io.redoubt.controlplane.operator.Answer;
import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.PageOf;
import io.redoubt.controlplane.upstream.BaseUrls;
import io.redoubt.http.Bodies;
import io.redoubt.http.Replies;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /api/v1/channels}. Secrets are written, never read. */
public final class ChannelRoutes {
  private static final String PATH = "/api/v1/channels";

  private final Channels channels;
  private final TeamsOwnership ownership;
  private final Members members;
  private final BaseUrls baseUrls;
  private final Addresses addresses;
  private final Bodies bodies;

  public ChannelRoutes(
      Correspondence correspondence, Members members, ChannelsConfig config, Bodies bodies) {
    this.channels = correspondence.channels();
    this.ownership = correspondence.ownership();
    this.members = members;
    this.baseUrls = new BaseUrls(config.httpHosts());
    this.addresses = new Addresses(config.privateHosts());
    this.bodies = bodies;
  }

  record MemberList(List<Channels.Mapping> members) {}

  public List<Endpoint> endpoints() {
    return Stream.of(
            List.of(Endpoint.get(PATH, ORG_READ, this::list)),
            channel(Channel.Kind.SLACK, call -> put(call, SlackForm.class, this::slack)),
            mapping(ChatUsers.OF_SLACK),
            channel(Channel.Kind.TEAMS, call -> put(call, TeamsForm.class, this::teams)),
            mapping(ChatUsers.OF_TEAMS),
            channel(Channel.Kind.WEBHOOK, call -> put(call, WebhookForm.class, this::webhook)),
            channel(Channel.Kind.EMAIL, call -> put(call, EmailForm.class, this::email)))
        .flatMap(List::stream)
        .toList();
  }

  private List<Endpoint> channel(Channel.Kind kind, Function<Call, Route> put) {
    String path = PATH + "/" + kind.wire();
    return List.of(
        Endpoint.get(path, ORG_READ, call -> show(call, kind)),
        Endpoint.put(path, ORG_MANAGE, put),
        Endpoint.delete(path, ORG_MANAGE, call -> delete(call, kind)));
  }

  private List<Endpoint> mapping(ChatUsers users) {
    String path = PATH + "/" + users.kind().wire() + "/members";
    return List.of(
        Endpoint.get(path, MEMBERS_READ, call -> listMembers(call, users)),
        Endpoint.put(path, ORG_MANAGE, call -> putMembers(call, users)));
  }

  private CompletionStage<Wanted> slack(SlackForm form) {
    return CompletableFuture.completedFuture(form.checked(baseUrls, addresses));
  }

  private CompletionStage<Wanted> teams(TeamsForm form) {
    return ownership.proven(form.checked(baseUrls, addresses));
  }

  private CompletionStage<Wanted> webhook(WebhookForm form) {
    return CompletableFuture.completedFuture(form.checked(baseUrls, addresses));
  }

  private CompletionStage<Wanted> email(EmailForm form) {
    return CompletableFuture.completedFuture(form.checked(baseUrls, addresses));
  }

  private Route list(Call call) {
    call.parameters("limit", "cursor");
    return PageOf.<Channel, String>route(
        call,
        text -> Channel.Kind.of(text).wire(),
        channel -> channel.kind().wire(),
        (transaction, after, limit) ->
            channels.list(transaction).stream()
                .filter(it -> it.kind().wire().compareTo(after.orElse("")) > 0)
                .limit(limit)
                .toList());
  }

  private Route show(Call call, Channel.Kind kind) {
    return call.read(transaction ->
        channels
            .find(transaction, kind)
            .map(found -> Answer.ok(found).withVersion(found.version()))
            .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private <F> Route put(Call call, Class<F> form, Function<F, CompletionStage<Wanted>> check) {
    return bodies.json(
        form,
        body ->
            Replies.async(
                check
                    .apply(body)
                    .thenCompose(wanted ->
                        channels
                            .seal(call.operator().organization(), wanted.kind(), wanted.secrets())
                            .thenApply(sealed -> put(call, new Channels.Draft(wanted, sealed))))));
  }

  private Route put(Call call, Channels.Draft draft) {
    return call.change(change -> {
      change.lockOrganization(); // what is held against the version must still be so then
      var kind = draft.wanted().kind();
      var before = channels.find(change, kind);
      call.requireMatch(before.map(Channel::version));
      var kept = channels.put(change, members, draft);
      var answer =
          before.isPresent() ? Answer.ok(kept) : Answer.created(PATH + "/" + kind.wire(), kept);
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

  private Route listMembers(Call call, ChatUsers users) {
    return call.read(transaction -> {
      var channel =
          channels
              .find(transaction, users.kind())
              .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
      return Answer.ok(new MemberList(channels.members(transaction, channel.kind())))
          .withVersion(channel.version());
    });
  }

  private Route putMembers(Call call, ChatUsers users) {
    return bodies.json(
        MembersForm.class,
        body -> {
          var wanted = body.checked(users);
          return call.change(change -> {
            change.lockOrganization();
            var channel =
                channels
                    .find(change, users.kind())
                    .orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND));
            call.requireMatch(channel.version());
            channels.map(change, members, channel, wanted);
            return Answer.ok(new MemberList(channels.members(change, channel.kind())))
                .withVersion(channel.version() + 1);
          });
        });
  }
}
