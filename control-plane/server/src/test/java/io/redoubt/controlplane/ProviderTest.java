package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.link.SealedBoxes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Model providers and the way of their keys. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProviderTest {
  private static final String ENCLAVES = "/api/v1/enclaves";

  static final String AUTHORITY =
      """
      -----BEGIN CERTIFICATE-----
      MIIBjjCCATWgAwIBAgIUCdK/1qG2E1cOEEW7VzTsUk73R+cwCgYIKoZIzj0EAwIw
      HDEaMBgGA1UEAwwRUHJpdmF0ZSBhdXRob3JpdHkwIBcNMjYxMTIyMDMxODM5WhgP
      MjEyNjEwMjkwMzE4MzlaMBwxGjAYBgNVBAMMEVByaXZhdGUgYXV0aG9yaXR5MFkw
      EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdeD1xcsz8dLCiP17b/v86MjMyVYSW8gp
      drJNjSkq69U7KP1yf1LiLDF1mheTaEOpQpy0VU9cCscjLDDWvHtsQqNTMFEwHQYD
      VR0OBBYEFDequUXy7AswjWo9JKnP85fZx9r7MB8GA1UdIwQYMBaAFDequUXy7Asw
      jWo9JKnP85fZx9r7MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIg
      bcTF9uiWywnhrHFUe712mSLqLGqCsIAwXvpghaqPEPYCIHykEX8m/uqShoMelelw
      0jXQ85n7zpu5WPF/zH3x3QbL
      -----END CERTIFICATE-----
      """;

  @AutoClose private final TestServer server = new TestServer();

  @Test
  void aProvidersKeyLeavesOnlySealedToTheEnclave() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      var put = tenant.owner().put("/api/v1/providers/claude", Tenant.PROVIDER);
      var command = enclave.command(LinkCommand.PutProvider.class);

      byte[] key =
          SealedBoxes.open(
              enclave.enrolmentKey,
              (enclave.id + "/" + tenant.id() + "/claude").getBytes(StandardCharsets.UTF_8),
              command.sealedKey());

      assertThat(new String(key, StandardCharsets.UTF_8)).isEqualTo("sk-ant-secret-1");
      assertThat(command.provider().baseUrl()).hasToString("https://api.anthropic.com");
      assertThat(command.provider().simulated()).isFalse();
      assertThat(put.status()).isEqualTo(201);
      assertThat(put.text()).doesNotContain("sk-ant");
      assertThat(tenant.owner().get("/api/v1/providers/claude").text()).doesNotContain("sk-ant");
      assertThat(tenant.owner().get("/api/v1/audit").text()).doesNotContain("sk-ant");
      assertThat(
              server.count(
                  tenant.id(),
                  "SELECT count(*) FROM control.enclave_command"
                      + " WHERE CAST(payload AS text) LIKE '%sk-ant%'"))
          .isZero();

      assertThat(tenant.owner().delete("/api/v1/providers/claude").status()).isEqualTo(204);
      enclave.await(LinkCommand.DeleteProvider.class);
      assertThat(tenant.owner().get("/api/v1/providers/claude").status()).isEqualTo(404);
    }
    // Who starts from the beginning is not told of a key that is gone.
    try (var again =
        new EnclaveClient(
            server.url(),
            tenant.owner().get(ENCLAVES).text("/items/0/id"),
            tenant
                .owner()
                .post(
                    ENCLAVES
                        + "/"
                        + tenant.owner().get(ENCLAVES).text("/items/0/id")
                        + "/rotate-key")
                .text("/api_key"))) {
      again.connect();
      await().until(() -> again.commands.size() == 5);
      assertThat(again.commands).noneMatch(c -> c.command() instanceof LinkCommand.PutProvider);
    }
  }

  @Test
  void aProviderIsCheckedBeforeItIsKept() {
    var tenant = server.newTenant();
    var owner = tenant.owner();

    var wrong =
        owner.put(
            "/api/v1/providers/x",
            """
            {"base_url": "http://example.com", "api_key": "a b", "timeout_seconds": 0}
            """);
    assertThat(wrong.at("/errors").findValuesAsText("pointer"))
        .containsExactlyInAnyOrder("/kind", "/base_url", "/api_key", "/timeout_seconds");
    for (String url :
        new String[] {
          "ftp://example.com",
          "https://user:pw@example.com",
          "https://example.com/?a=b",
          "//example.com",
          "https://",
          "javascript:alert(1)",
          "http://127.0.0.1.example.com",
          "https://169.254.169.254/latest",
          "https://[fe80::1]",
          "https://0.0.0.0",
          "https://[ff02::1]"
        }) {
      var reply =
          owner.put(
              "/api/v1/providers/x",
              "{\"kind\": \"openai\", \"api_key\": \"k\", \"base_url\": \"" + url + "\"}");
      assertThat(reply.status()).as(url).isEqualTo(422);
      assertThat(reply.text("/errors/0/pointer")).isEqualTo("/base_url");
    }
    for (String url :
        new String[] {"http://127.0.0.1:9000/v1", "http://localhost:1", "http://[::1]:1"}) {
      assertThat(
              owner
                  .put(
                      "/api/v1/providers/x",
                      "{\"kind\": \"openai\", \"api_key\": \"k\", \"base_url\": \"" + url + "\"}")
                  .status())
          .as(url)
          .isIn(200, 201);
    }
    assertThat(
            owner
                .put(
                    "/api/v1/providers/x",
                    "{\"kind\": \"openai\", \"api_key\": \"a\\r\\nx: y\", \"base_url\": \"https://a.b\"}")
                .text("/errors/0/pointer"))
        .isEqualTo("/api_key");
    assertThat(owner.put("/api/v1/providers/UPPER", Tenant.PROVIDER).status()).isEqualTo(422);
    assertThat(
            owner
                .put(
                    "/api/v1/providers/x",
                    Tenant.PROVIDER.replace("\"kind\"", "\"simulated\": true, \"kind\""))
                .status())
        .isEqualTo(422);
  }

  @Test
  void aProviderOfAPrivateAuthorityIsReachedByIt() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      var put =
          tenant
              .owner()
              .put(
                  "/api/v1/providers/own",
                  with("https://models.internal", AUTHORITY, ", \"connect_timeout_seconds\": 3"));

      var told = enclave.command(LinkCommand.PutProvider.class).provider();

      assertThat(put.status()).as(put.text()).isEqualTo(201);
      assertThat(put.text("/tls/ca_pem")).isEqualTo(AUTHORITY);
      assertThat(told.tls()).isEqualTo(new ProviderSpec.Tls(AUTHORITY));
      assertThat(told.connectTimeoutSeconds()).isEqualTo(3);
      assertThat(tenant.owner().get("/api/v1/providers/own").text("/tls/ca_pem"))
          .isEqualTo(AUTHORITY);
      var without = tenant.owner().put("/api/v1/providers/own", Tenant.PROVIDER);
      assertThat(without.at("/tls").isNull()).isTrue();
    }
  }

  @Test
  void anAuthorityIsCertificatesAndNothingElse() {
    var owner = server.newTenant().owner();
    String key = "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n";
    for (String pem :
        List.of(
            "",
            "nonsense",
            key,
            AUTHORITY + key,
            AUTHORITY.substring(0, AUTHORITY.length() - 30),
            AUTHORITY.replaceFirst("MII", "AAA"),
            AUTHORITY.repeat(21))) {
      var reply = owner.put("/api/v1/providers/own", with("https://models.internal", pem, ""));
      assertThat(reply.status()).as(pem).isEqualTo(422);
      assertThat(reply.text("/errors/0/pointer")).isEqualTo("/tls/ca_pem");
    }
    assertThat(
            owner
                .put("/api/v1/providers/own", with("http://127.0.0.1:1", AUTHORITY, ""))
                .text("/errors/0/pointer"))
        .isEqualTo("/tls");
    assertThat(
            owner
                .put(
                    "/api/v1/providers/own",
                    with("https://a.b", AUTHORITY, ", \"connect_timeout_seconds\": 61"))
                .text("/errors/0/pointer"))
        .isEqualTo("/connect_timeout_seconds");
  }

  private static String with(String url, String pem, String more) {
    return "{\"kind\": \"openai\", \"api_key\": \"k\", \"base_url\": \""
        + url
        + "\", \"tls\": {\"ca_pem\": \""
        + pem.replace("\n", "\\n")
        + "\"}"
        + more
        + "}";
  }

  @Test
  void whatIsNotThereHasNoVersionToMatch() {
    var owner = server.newTenant().owner();

    assertThat(
            owner.with("if-match", "\"1\"").put("/api/v1/providers/new", Tenant.PROVIDER).status())
        .isEqualTo(412);
    assertThat(owner.get("/api/v1/providers/new").status()).isEqualTo(404);
  }

  @Test
  void ofTwoWhoChangeTheSameVersionOneIsRefused() {
    var owner = server.newTenant().owner();
    String path = "/api/v1/providers/claude";
    var seen = owner.put(path, Tenant.PROVIDER).header("etag");

    var statuses =
        Http.atOnce(8, () -> owner.with("if-match", seen).put(path, Tenant.PROVIDER).status());

    assertThat(statuses).containsOnlyOnce(200).contains(412).containsOnly(200, 412);
  }
}
