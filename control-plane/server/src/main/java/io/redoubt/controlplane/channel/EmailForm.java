package io.redoubt.controlplane.channel;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.controlplane.upstream.BaseUrls;
import io.redoubt.protocol.secret.Secret;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How e-mail is set up. */
record EmailForm(
    @Nullable String host,
    @Nullable Integer port,
    EmailSettings.@Nullable Security security,
    @Nullable String username,
    @Nullable Secret password,
    @Nullable String from,
    @Nullable List<@Nullable String> to,
    @Nullable Boolean approvers,
    @Nullable ArgumentsShown arguments) {
  private static final Pattern PASSWORD = Pattern.compile("[\\x20-\\x7e]{1,500}");
  private static final int MAX_PORT = 65_535;

  Wanted checked(BaseUrls baseUrls, Addresses addresses) {
    var how = security == null ? EmailSettings.Security.STARTTLS : security;
    int where = port == null ? how.usualPort() : port;
    List<@Nullable String> recipients = to == null ? List.of() : to;
    boolean isHost = FormChecks.is(EmailSettings.HOST, host);
    var checks = new Checks();
    checks
        .require(
            isHost && baseUrls.read("https://" + host + "/").isPresent(),
            "/host",
            "is needed: the name or address of a mail server")
        .require(
            !isHost || !addresses.ruledOut(Objects.requireNonNull(host)),
            "/host",
            Addresses.RULED_OUT)
        .require(where > 0 && where <= MAX_PORT, "/port", "is 1 to 65535")
        .require(
            how != EmailSettings.Security.NONE
                || (isHost
                    && baseUrls.mayBePlain(Objects.requireNonNull(host).toLowerCase(Locale.ROOT))),
            "/security",
            "is none on this machine alone")
        .require(
            (username == null) == (password == null),
            "/password",
            "comes with a username, and only")
        .require(
            username == null || FormChecks.is(EmailSettings.USERNAME, username),
            "/username",
            "has 1 to 250 visible characters")
        .require(
            password == null || PASSWORD.matcher(password.reveal()).matches(),
            "/password",
            "has 1 to 500 characters of ASCII")
        .require(FormChecks.is(EmailSettings.ADDRESS, from), "/from", "is needed: an address")
        .require(
            recipients.size() <= EmailSettings.MOST_RECIPIENTS,
            "/to",
            "are at most " + EmailSettings.MOST_RECIPIENTS)
        .require(
            !recipients.isEmpty() || !Boolean.FALSE.equals(approvers),
            "/to",
            "are needed where approvers get no mails");
    var asked = new LinkedHashSet<String>();
    for (int i = 0; i < Math.min(recipients.size(), EmailSettings.MOST_RECIPIENTS); i++) {
      @Nullable String address = recipients.get(i);
      if (address != null && FormChecks.is(EmailSettings.ADDRESS, address)) {
        asked.add(address);
      } else {
        checks.wrong("/to/" + i, "is not an address");
      }
    }
    checks.done();
    var settings =
        new EmailSettings(
            Objects.requireNonNull(host),
            where,
            how,
            username,
            Objects.requireNonNull(from),
            List.copyOf(asked),
            approvers == null || approvers,
            arguments == null ? ArgumentsShown.REDACTED : arguments);
    String secret = password == null ? "" : password.reveal();
    return new Wanted(
        Channel.Kind.EMAIL,
        Rows.tree(settings),
        secret.getBytes(StandardCharsets.UTF_8),
        null,
        null);
  }
}
