package io.redoubt.controlplane.channel;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.controlplane.upstream.BaseUrls;
import io.redoubt.protocol.secret.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How Microsoft Teams is set up. */
record TeamsForm(
    @Nullable String appId,
    @Nullable Secret appSecret,
    @Nullable String tenantId,
    @Nullable String loginTenant,
    @Nullable String channelId,
    @Nullable ArgumentsShown arguments,
    @Nullable String serviceUrl) {
  private static final String GUID_FORM = "is needed: a GUID in lower case";

  Wanted checked(BaseUrls baseUrls, Addresses addresses) {
    Optional<URI> url =
        serviceUrl == null
            ? Optional.of(TeamsSettings.CONNECTOR)
            : baseUrls.read(serviceUrl).map(FormChecks::withSlash);
    new Checks()
        .require(FormChecks.is(TeamsSettings.GUID, appId), "/app_id", GUID_FORM)
        .require(FormChecks.isSecret(appSecret), "/app_secret", FormChecks.SECRET_FORM)
        .require(FormChecks.is(TeamsSettings.GUID, tenantId), "/tenant_id", GUID_FORM)
        .require(
            loginTenant == null
                || loginTenant.equals(tenantId)
                || loginTenant.equals(TeamsSettings.MULTI_TENANT),
            "/login_tenant",
            "is the tenant_id, or " + TeamsSettings.MULTI_TENANT)
        .require(
            FormChecks.is(TeamsSettings.CHANNEL, channelId),
            "/channel_id",
            "is needed: 19:…@thread.tacv2")
        .require(url.isPresent(), "/service_url", FormChecks.URL_FORM)
        .require(url.filter(addresses::ruledOut).isEmpty(), "/service_url", Addresses.RULED_OUT)
        .done();
    String tenant = Objects.requireNonNull(tenantId);
    var settings =
        new TeamsSettings(
            Objects.requireNonNull(appId),
            tenant,
            loginTenant == null ? tenant : loginTenant,
            Objects.requireNonNull(channelId),
            arguments == null ? ArgumentsShown.REDACTED : arguments,
            url.orElseThrow());
    return new Wanted(
        Channel.Kind.TEAMS,
        Rows.tree(settings),
        FormChecks.disclosed(appSecret).reveal().getBytes(StandardCharsets.UTF_8),
        settings.appId(),
        settings.ownership());
  }
}
