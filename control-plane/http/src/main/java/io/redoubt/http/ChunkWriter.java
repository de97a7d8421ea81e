package io.redoubt.http;

import org.apache.pekko.util.ByteString;

/**
 * The way of a chunked body to its client past the stream of the connection, which would pass every
 * piece through a dozen stages. For the stream the body is empty: its source is pulled when the
 * head of the answer has left, begins here, emits nothing, and completes when it has written
 * everything; the stream then says that this was all. A source that fails breaks the connection,
 * and one that is cancelled has lost its client, as ever.
 */
public interface ChunkWriter {
  /**
   * Runs something on the connection's thread: at once where that is this one. All else here is for
   * that thread alone.
   */
  void run(Runnable task);

  /**
   * Called by the source when it is first pulled.
   *
   * @param ready runs, on the connection's thread, each time that a piece has left which had to
   *     wait
   * @return false where something is still to leave before: the body goes through the stream
   */
  boolean begin(Runnable ready);

  /**
   * Writes one piece as a chunk of its own (RFC 9112, section 7.1).
   *
   * @param piece not an empty one, which would be the last
   * @return whether it has left; otherwise nothing may be written before it has
   */
  boolean write(ByteString piece);
}
