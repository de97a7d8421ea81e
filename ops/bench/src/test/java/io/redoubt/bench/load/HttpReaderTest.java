package io.redoubt.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HttpReaderTest {
  private static final String FIXED =
      onTheWire(
          """
          HTTP/1.1 200 OK
          Content-Length: 5
          X-Other: 1

          hello\
          """);
  private static final String CHUNKED =
      onTheWire(
          """
          HTTP/1.1 200 OK
          transfer-encoding: chunked

          3
          hel
          10
          lo, hello, hello
          0
          X-Trailer: 1

          """);
  private static final String EMPTY = onTheWire("HTTP/1.1 204 No Content\n\n");

  private static String onTheWire(String text) {
    return text.replace("\n", "\r\n");
  }

  @Test
  void readsMessagesWhateverThePiecesTheyComeIn() throws IOException {
    byte[] all = (FIXED + CHUNKED + EMPTY + FIXED).getBytes(StandardCharsets.US_ASCII);
    for (int piece = 1; piece <= all.length; piece++) {
      var messages = new Messages();
      var reader = new HttpReader(messages);
      for (int from = 0; from < all.length; from += piece) {
        int length = Math.min(piece, all.length - from);
        byte[] bytes = java.util.Arrays.copyOfRange(all, from, from + length);
        reader.push(bytes, length);
      }
      assertThat(messages.complete)
          .as("in pieces of %d", piece)
          .containsExactly("200 hello", "200 hello, hello, hello", "204 ", "200 hello");
    }
  }

  @Test
  void findsFieldsByNameWhateverTheCase() {
    var head = new Head("HTTP/1.1 503 Busy\r\nRetry-After:  7 \r\nretry: 9\r\n\r\n");

    assertThat(head.status()).isEqualTo(503);
    assertThat(head.field("retry-after")).contains("7");
    assertThat(head.field("retry")).contains("9");
    assertThat(head.field("after")).isEmpty();
  }

  @Test
  void refusesAReplyOfUnknownLength() {
    var reader = new HttpReader(new Messages());
    byte[] reply = "HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    assertThatThrownBy(() -> reader.push(reply, reply.length)).isInstanceOf(IOException.class);
  }

  private static final class Messages implements HttpReader.Sink {
    private final List<String> complete = new ArrayList<>();
    private final StringBuilder current = new StringBuilder();

    @Override
    public void head(Head head) {
      current.append(head.status()).append(' ');
    }

    @Override
    public void body(byte[] bytes, int from, int to) {
      current.append(new String(bytes, from, to - from, StandardCharsets.US_ASCII));
    }

    @Override
    public void end() {
      complete.add(current.toString());
      current.setLength(0);
    }

    @Override
    public void broken(String why) {
      complete.add("broken: " + why);
    }
  }
}
