package io.redoubt.bench.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client with one kept-alive connection, and so one request at a time. A connection that broke is
 * made anew for the next request, and the broken exchange is told so: nothing is sent twice.
 */
public final class Caller {
  /** What hears of a reply while it arrives. */
  public interface Exchange {
    void head(Head head);

    /** A part of the body: valid during the call only. */
    void body(byte[] bytes, int from, int to);

    void end();

    void failed(String why);
  }

  /** A reply that arrived whole. */
  public record Answer(Head head, String body, long sentAt, long endedAt) {
    public int status() {
      return head.status();
    }

    public long nanos() {
      return endedAt - sentAt;
    }

    /** The text value of a member, by search: the first of that name, wherever it stands. */
    public @Nullable String member(String name) {
      String opening = "\"" + name + "\":\"";
      int from = body.indexOf(opening);
      if (from < 0) {
        return null;
      }
      int start = from + opening.length();
      int end = body.indexOf('"', start);
      return end < 0 ? null : body.substring(start, end);
    }
  }

  /** What hears of a whole reply. */
  public interface Answered {
    void answer(Answer answer);

    void failed(String why);
  }

  private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(15);

  private final Loop loop;
  private final InetSocketAddress address;
  private final @Nullable InetAddress from;
  private @Nullable Connection connection;
  private @Nullable Exchange exchange;

  public Caller(Loop loop, InetSocketAddress address) {
    this(loop, address, null);
  }

  /**
   * Not connected yet.
   *
   * @param from the address to come from; null: any
   */
  public Caller(Loop loop, InetSocketAddress address, @Nullable InetAddress from) {
    this.loop = loop;
    this.address = address;
    this.from = from;
  }

  public InetSocketAddress address() {
    return address;
  }

  public boolean isIdle() {
    return exchange == null;
  }

  /** Sends a request and gives the whole reply on. */
  public void call(byte[] request, Answered answered) {
    send(request, new Whole(answered));
  }

  /** Sends a request and runs the loop until the whole reply is here, for a while. */
  public Answer ask(byte[] request) throws IOException {
    var asked = new Asked();
    call(request, asked);
    loop.runWhile(() -> asked.answer == null && asked.why == null, System.nanoTime() + ASK_NANOS);
    if (asked.answer == null) {
      throw new IOException(address + (asked.why == null ? " does not answer" : ": " + asked.why));
    }
    return asked.answer;
  }

  /** Sends a request; what comes back goes to the exchange. */
  public void send(byte[] request, Exchange next) {
    if (exchange != null) {
      throw new IllegalStateException("one request at a time");
    }
    exchange = next;
    try {
      Connection open = connection;
      if (open == null || !open.isOpen()) {
        open = loop.connect(address, from, new HttpReader(new Replies()));
        connection = open;
      }
      open.send(request);
    } catch (IOException e) {
      exchange = null;
      next.failed("cannot connect to " + address + ": " + e.getMessage());
    }
  }

  /** Goes away, also in the middle of a reply. */
  public void close() {
    exchange = null;
    if (connection != null) {
      connection.close();
    }
  }

  private final class Replies implements HttpReader.Sink {
    @Override
    public void head(Head head) {
      if (exchange != null) {
        exchange.head(head);
      }
    }

    @Override
    public void body(byte[] bytes, int from, int to) {
      if (exchange != null) {
        exchange.body(bytes, from, to);
      }
    }

    @Override
    public void end() {
      Exchange ended = exchange;
      exchange = null;
      if (ended != null) {
        ended.end();
      }
    }

    @Override
    public void broken(String why) {
      Exchange ended = exchange;
      exchange = null;
      if (ended != null) {
        ended.failed(why);
      }
    }
  }

  private static final class Asked implements Answered {
    private @Nullable Answer answer;
    private @Nullable String why;

    @Override
    public void answer(Answer answer) {
      this.answer = answer;
    }

    @Override
    public void failed(String why) {
      this.why = why;
    }
  }

  private static final class Whole implements Exchange {
    private final Answered answered;
    private final long sentAt = System.nanoTime();
    private final StringBuilder body = new StringBuilder();
    private @Nullable Head head;

    Whole(Answered answered) {
      this.answered = answered;
    }

    @Override
    public void head(Head head) {
      this.head = head;
    }

    @Override
    public void body(byte[] bytes, int from, int to) {
      body.append(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
    }

    @Override
    public void end() {
      if (head != null) {
        answered.answer(new Answer(head, body.toString(), sentAt, System.nanoTime()));
      }
    }

    @Override
    public void failed(String why) {
      answered.failed(why);
    }
  }
}
