package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.Jwk;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.VerificationKey;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.Heartbeat;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.SealedBoxes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A scripted enclave: it speaks the link protocol and does exactly what a test tells it. */
final class EnclaveClient implements AutoCloseable {
  final String id;
  final byte[] enrolmentKey = SealedBoxes.newPrivateKey();
  final List<CommandEnvelope> commands = new CopyOnWriteArrayList<>();
  final List<Heartbeat> heartbeats = new CopyOnWriteArrayList<>();

  private final String url;
  private final Http http;
  private final String apiKey;
  private List<VerificationKey> trusted = List.of();
  private @Nullable InputStream stream;
  private volatile boolean ended;

  EnclaveClient(String url, String id, String apiKey) {
    this.url = url;
    this.id = id;
    this.apiKey = apiKey;
    this.http = new Http(url, Map.of("authorization", "Bearer " + apiKey));
  }

  Http http() {
    return http;
  }

  String apiKey() {
    return apiKey;
  }

  /** The same enclave with another key. */
  EnclaveClient withKey(String other) {
    return new EnclaveClient(url, id, other);
  }

  /** The same enclave at another process of the control plane. */
  EnclaveClient at(String other) {
    return new EnclaveClient(other, id, apiKey);
  }

  Reply hello() {
    var reply =
        http.post(
            "/enclave/v1/hello",
            """
            {"node": "node-1", "version": "0.1.0", "enrolment_key": "%s"}
            """
                .formatted(
                    Base64.getEncoder().encodeToString(SealedBoxes.publicKey(enrolmentKey))));
    if (reply.status() == 200) {
      var keys = new ArrayList<VerificationKey>();
      for (JsonNode key : reply.at("/command_keys/keys")) {
        keys.add(VerificationKey.of(Json.LENIENT.convertValue(key, Jwk.class)));
      }
      trusted = keys;
    }
    return reply;
  }

  /** Says hello, opens the stream and waits until the other end knows that it is listened to. */
  EnclaveClient connect() {
    assertThat(hello().status()).isEqualTo(200);
    int before = heartbeats.size();
    listen(commands.isEmpty() ? 0 : commands.getLast().number());
    Awaitility.await().until(() -> heartbeats.size() > before);
    return this;
  }

  /** As an enclave does where the control plane has ended the conversation. */
  void listenOn() {
    if (ended) {
      listen(commands.isEmpty() ? 0 : commands.getLast().number());
    }
  }

  /** Opens the stream of commands and reads it until it ends. */
  void listen(long after) {
    var request =
        HttpRequest.newBuilder(URI.create(url + "/enclave/v1/commands?after=" + after))
            .header("authorization", "Bearer " + apiKey)
            .build();
    try {
      var response = Http.CLIENT.send(request, HttpResponse.BodyHandlers.ofInputStream());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("content-type"))
          .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
      ended = false;
      stream = response.body();
      Thread.ofVirtual().start(() -> read(response.body()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void read(InputStream body) {
    try (var reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      String event = "";
      String number = "";
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (line.startsWith("event: ")) {
          event = line.substring(7);
        } else if (line.startsWith("id: ")) {
          number = line.substring(4);
        } else if (line.startsWith("data: ")) {
          take(event, number, line.substring(6));
        }
      }
    } catch (IOException _) {
      // closed by the test
    } finally {
      ended = true;
    }
  }

  private void take(String event, String number, String jws) {
    byte[] payload = verified(jws).orElseThrow(() -> new AssertionError("not signed: " + jws));
    try {
      if (event.equals("heartbeat")) {
        heartbeats.add(Json.LENIENT.readValue(payload, Heartbeat.class));
      } else {
        var command = Json.LENIENT.readValue(payload, CommandEnvelope.class);
        assertThat(number).isEqualTo(Long.toString(command.number()));
        commands.add(command);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Optional<byte[]> verified(String jws) {
    return Jws.parse(Jws.Type.LINK_COMMAND, jws, 1 << 20)
        .flatMap(parsed ->
            trusted.stream().flatMap(key -> parsed.payloadIfSignedBy(key).stream()).findFirst());
  }

  boolean ended() {
    return ended;
  }

  /** Waits for a command of the type, and answers the last. */
  <C extends LinkCommand> CommandEnvelope await(Class<C> type) {
    Awaitility.await().until(() -> commands.stream().anyMatch(c -> type.isInstance(c.command())));
    return commands.stream().filter(c -> type.isInstance(c.command())).toList().getLast();
  }

  /** The last command of the type. */
  <C extends LinkCommand> C command(Class<C> type) {
    return type.cast(await(type).command());
  }

  Reply report(String... reports) {
    return http.post("/enclave/v1/reports", "{\"reports\": [" + String.join(",", reports) + "]}");
  }

  Reply audit(String organization, long first, String... lines) {
    return http.post(
        "/enclave/v1/audit",
        "{\"organization_id\": \"%s\", \"first\": %d, \"lines\": [%s]}"
            .formatted(organization, first, String.join(",", lines)));
  }

  static String json(Object value) {
    try {
      return Json.LENIENT.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    disconnect();
  }

  /** As when the line breaks. */
  void disconnect() {
    if (stream != null) {
      try {
        stream.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
