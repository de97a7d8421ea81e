package io.redoubt.cli.command;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;

/** Standard output that knows why something has not gone out; any other writer knows only that. */
public final class StandardOutput extends PrintWriter {
  private final Remembering stream;

  /** Writes line by line. */
  public StandardOutput(OutputStream out) {
    this(new Remembering(out));
  }

  private StandardOutput(Remembering stream) {
    super(new OutputStreamWriter(stream, Charset.defaultCharset()), true);
    this.stream = stream;
  }

  /**
   * Makes sure that what was said has gone out, or that nobody wants it: a reader that has gone,
   * such as {@code head}, has what it wanted, and changes nothing of what the command is there for.
   *
   * @throws CommandFailure where it has not: an answer that is lost is no success
   */
  public static void requireWritten(PrintWriter out) {
    if (out.checkError() && !hasLostReader(out)) {
      var failure = out instanceof StandardOutput known ? known.stream.failure : null;
      String why = failure == null ? "" : ": " + failure.getMessage();
      throw new CommandFailure(
          ExitCode.FAILED, "Standard output cannot be written" + why + ".", failure);
    }
  }

  /**
   * The same for what is there to be read and nothing else.
   *
   * @throws ReaderGoneException where nobody reads on
   */
  public static void requireReader(PrintWriter out) {
    requireWritten(out);
    if (hasLostReader(out)) {
      throw new ReaderGoneException();
    }
  }

  private static boolean hasLostReader(PrintWriter out) {
    return out instanceof StandardOutput known
        && known.stream.failure != null
        && "Broken pipe".equals(known.stream.failure.getMessage());
  }

  /** Whoever reads what a command prints has gone, such as {@code head}. */
  public static final class ReaderGoneException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private ReaderGoneException() {
      super("nobody reads on", null, false, false);
    }
  }

  private static final class Remembering extends FilterOutputStream {
    private @Nullable IOException failure;

    Remembering(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }
  }
}
