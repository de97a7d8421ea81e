package io.redoubt.bench.upstream;

import io.redoubt.bench.load.Connection;
import io.redoubt.bench.load.Head;
import io.redoubt.bench.load.HttpReader;
import io.redoubt.bench.load.Loop;
import io.redoubt.bench.load.Stamps;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** One connection of the upstream: reads requests, answers in the form they ask for. */
final class UpstreamConnection implements HttpReader.Sink {
  private static final String STREAM =
      """
      HTTP/1.1 200 OK\r
      Content-Type: text/event-stream\r
      Cache-Control: no-cache\r
      Transfer-Encoding: chunked\r
      \r
      """;

  private static final String BEGIN =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_bench","type":"message",\
      "role":"assistant","model":"bench","content":[],"stop_reason":null,\
      "stop_sequence":null,"usage":{"input_tokens":25,"output_tokens":1}}}

      """;

  private static final byte[] PLAIN = plain();

  private final Loop loop;
  private final Connection.Sender sender;
  private final HttpReader reader = new HttpReader(this);
  private final StringBuilder body = new StringBuilder();
  private boolean known;

  UpstreamConnection(Loop loop, Connection.Sender sender) {
    this.loop = loop;
    this.sender = sender;
  }

  HttpReader reader() {
    return reader;
  }

  @Override
  public void head(Head head) {
    known = head.asks("POST /v1/messages ");
    body.setLength(0);
  }

  @Override
  public void body(byte[] bytes, int from, int to) {
    body.append(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
  }

  @Override
  public void end() {
    if (!known) {
      sender.send(ascii("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    } else if (body.indexOf("\"bench_tool\":") >= 0) {
      callTool(text("bench_tool"), text("bench_about"));
    } else if (body.indexOf("\"stream\":true") >= 0) {
      stream(number("bench_chunks"), TimeUnit.MILLISECONDS.toNanos(number("bench_pace_ms")));
    } else {
      sender.send(PLAIN);
    }
  }

  @Override
  public void broken(String why) {
    // The client went away; a stream under way sees that at its next chunk.
  }

  /** The fields are the bench's own: that they get here shows that unknown ones pass untouched. */
  private int number(String field) {
    int from = body.indexOf("\"" + field + "\":");
    if (from < 0) {
      return 0;
    }
    int start = from + field.length() + 3;
    int end = start;
    while (Character.isDigit(body.charAt(end))) {
      end++;
    }
    return Integer.parseInt(body, start, end, 10);
  }

  /** Of a field whose text needs no escapes. */
  private String text(String field) {
    int start = body.indexOf("\"" + field + "\":\"") + field.length() + 4;
    return body.substring(start, body.indexOf("\"", start));
  }

  /** A whole reply that calls a tool. */
  private void callTool(String tool, String about) {
    sender.send(
        ascii(
            STREAM
                + chunk(
                    BEGIN
                        + """
                        event: content_block_start
                        data: {"type":"content_block_start","index":0,\
                        "content_block":{"type":"tool_use","id":"toolu_bench","name":"%s","input":{}}}

                        event: content_block_delta
                        data: {"type":"content_block_delta","index":0,\
                        "delta":{"type":"input_json_delta","partial_json":"{\\"about\\": \\"%s\\"}"}}

                        event: content_block_stop
                        data: {"type":"content_block_stop","index":0}

                        event: message_delta
                        data: {"type":"message_delta","delta":{"stop_reason":"tool_use",\
                        "stop_sequence":null},"usage":{"output_tokens":50}}

                        event: message_stop
                        data: {"type":"message_stop"}

                        """
                            .formatted(tool, about))
                + "0\r\n\r\n"));
  }

  private void stream(int chunks, long pace) {
    sender.send(
        ascii(
            STREAM
                + chunk(
                    BEGIN
                        + """
                        event: content_block_start
                        data: {"type":"content_block_start","index":0,\
                        "content_block":{"type":"text","text":""}}

                        """)));
    next(chunks, pace, System.nanoTime());
  }

  private void next(int left, long pace, long due) {
    if (!sender.isOpen()) {
      return;
    }
    if (left == 0) {
      sender.send(
          ascii(
              chunk(
                      """
                      event: content_block_stop
                      data: {"type":"content_block_stop","index":0}

                      event: message_delta
                      data: {"type":"message_delta","delta":{"stop_reason":"end_turn",\
                      "stop_sequence":null},"usage":{"output_tokens":50}}

                      event: message_stop
                      data: {"type":"message_stop"}

                      """)
                  + "0\r\n\r\n"));
      return;
    }
    sender.send(
        ascii(
            chunk(
                "event: content_block_delta\n"
                    + "data: {\"type\":\"content_block_delta\",\"index\":0,"
                    + "\"delta\":{\"type\":\"text_delta\",\"text\":\" token "
                    + Stamps.now()
                    + "\"}}\n\n")));
    loop.at(due + pace, () -> next(left - 1, pace, due + pace));
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  private static byte[] plain() {
    String message =
        """
        {"id":"msg_bench","type":"message","role":"assistant","model":"bench",\
        "content":[{"type":"text","text":"%s"}],"stop_reason":"end_turn","stop_sequence":null,\
        "usage":{"input_tokens":25,"output_tokens":80}}\
        """
            .formatted("All is well on the walls of the redoubt. ".repeat(10));
    return ascii(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nrequest-id: req_bench\r\n"
            + "Content-Length: "
            + message.length()
            + "\r\n\r\n"
            + message);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
