package io.redoubt.controlplane.channel;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.controlplane.upstream.BaseUrls;
import io.redoubt.protocol.secret.Secret;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** How a webhook is set up. */
record WebhookForm(@Nullable String url, @Nullable Secret secret) {

  Wanted checked(BaseUrls baseUrls, Addresses addresses) {
    var read = baseUrls.read(url);
    new Checks()
        .require(
            read.isPresent(),
            "/url",
            "is needed: an https URL without credentials, query or fragment")
        .require(read.filter(addresses::ruledOut).isEmpty(), "/url", Addresses.RULED_OUT)
        .require(FormChecks.isSecret(secret), "/secret", FormChecks.SECRET_FORM)
        .done();
    return new Wanted(
        Channel.Kind.WEBHOOK,
        Rows.tree(new WebhookTeller.Settings(read.orElseThrow())),
        FormChecks.disclosed(secret).reveal().getBytes(StandardCharsets.UTF_8),
        null,
        null);
  }
}
