package io.redoubt.controlplane.channel;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.controlplane.upstream.BaseUrls;
import io.redoubt.protocol.secret.Secret;
import java.net.URI;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How Slack is set up. */
record SlackForm(
    @Nullable Secret botToken,
    @Nullable Secret signingSecret,
    @Nullable String channelId,
    @Nullable String teamId,
    @Nullable String appId,
    @Nullable ArgumentsShown arguments,
    @Nullable String baseUrl) {

  Wanted checked(BaseUrls baseUrls, Addresses addresses) {
    Optional<URI> url =
        baseUrl == null
            ? Optional.of(SlackSettings.SLACK)
            : baseUrls.read(baseUrl).map(FormChecks::withSlash);
    new Checks()
        .require(FormChecks.isSecret(botToken), "/bot_token", FormChecks.SECRET_FORM)
        .require(FormChecks.isSecret(signingSecret), "/signing_secret", FormChecks.SECRET_FORM)
        .require(FormChecks.is(SlackSettings.CHANNEL, channelId), "/channel_id", "is needed: C…")
        .require(FormChecks.is(SlackSettings.TEAM, teamId), "/team_id", "is needed: T…")
        .require(FormChecks.is(SlackSettings.APP, appId), "/app_id", "is needed: A…")
        .require(url.isPresent(), "/base_url", FormChecks.URL_FORM)
        .require(url.filter(addresses::ruledOut).isEmpty(), "/base_url", Addresses.RULED_OUT)
        .done();
    var settings =
        new SlackSettings(
            Objects.requireNonNull(channelId),
            Objects.requireNonNull(teamId),
            Objects.requireNonNull(appId),
            arguments == null ? ArgumentsShown.REDACTED : arguments,
            url.orElseThrow());
    var secrets =
        new SlackSecrets(FormChecks.disclosed(botToken), FormChecks.disclosed(signingSecret));
    return new Wanted(
        Channel.Kind.SLACK,
        Rows.tree(settings),
        secrets.sealable(),
        settings.appId(),
        Signatures.sha256(secrets.signingSecret().reveal()));
  }
}
