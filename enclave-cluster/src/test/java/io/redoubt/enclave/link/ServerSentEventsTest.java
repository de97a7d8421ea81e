package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.enclave.link.ServerSentEvents.Event;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ServerSentEventsTest {
  @Test
  void eventsComeOutAsTheyWereSent() throws IOException {
    var events =
        read(
            ": hello\n\nid: 1\nevent: command\ndata: one\n\nevent:beat\r\ndata:a\r\ndata: b\r\n\r\ndata: left");

    assertThat(events.next()).isEqualTo(new Event("command", "one"));
    assertThat(events.next()).isEqualTo(new Event("beat", "a\nb"));
    assertThat(events.next()).isNull();
  }

  @Test
  void anEventOverTheLimitBreaksTheConversation() {
    assertThatThrownBy(() -> read("data: " + "x".repeat(200) + "\n\n").next())
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read("data: xxxxxxxxxx\n".repeat(20)).next())
        .isInstanceOf(IOException.class);
  }

  private static ServerSentEvents read(String text) {
    return new ServerSentEvents(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), 100);
  }
}
