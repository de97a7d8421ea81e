package io.redoubt.proxy.llm;

import java.nio.ByteBuffer;
import java.util.function.BiConsumer;

/**
 * Follows one JSON document as its bytes go by, and hands over the {@code usage} object of its top
 * level, or of a {@code message} or {@code response} there. It keeps its place by structure, so
 * that nothing a model or an agent writes into a deeper object can pass for usage; and it keeps
 * only that object, so that it costs the same however long the document is.
 */
final class UsageScanner {
  private static final int MAX_KEY = 16;
  private static final int MAX_USAGE = 8192;

  /** What the key just read announces. */
  private enum Key {
    USAGE,
    ERROR,
    WRAPPER,
    OTHER
  }

  /** Takes the bytes of a usage object: an array, and how many of it count. */
  private final BiConsumer<byte[], Integer> onUsage;

  private final byte[] key = new byte[MAX_KEY];
  private final byte[] captured = new byte[MAX_USAGE];
  private int keyLength;
  private int capturedLength;
  private int captureDepth;
  private int depth;
  private boolean capturing;
  private boolean inString;
  private boolean escaped;
  private boolean collectingKey;
  private boolean keyNext;
  private boolean inWrapper;
  private boolean error;
  private Key announced = Key.OTHER;

  UsageScanner(BiConsumer<byte[], Integer> onUsage) {
    this.onUsage = onUsage;
  }

  /** Whether a document so far carried an {@code error} object in one of those places. */
  boolean sawError() {
    return error;
  }

  /** A new document begins. */
  void restart() {
    depth = 0;
    capturing = false;
    inString = false;
    escaped = false;
    collectingKey = false;
    keyNext = false;
    inWrapper = false;
    announced = Key.OTHER;
  }

  void scan(ByteBuffer bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      step(bytes.get(i));
    }
  }

  private void step(byte b) {
    if (capturing) {
      capture(b);
    }
    if (inString) {
      inString(b);
      return;
    }
    switch (b) {
      case '"' -> {
        inString = true;
        if (keyNext && isWatched()) {
          collectingKey = true;
          keyLength = 0;
        }
      }
      case ':' -> keyNext = false;
      case ',' -> {
        keyNext = isWatched();
        announced = Key.OTHER;
      }
      case '{' -> open(b);
      case '[' -> {
        depth++;
        keyNext = false;
      }
      case '}', ']' -> close();
      default -> {
        // numbers, literals and white space carry no structure
      }
    }
  }

  private void inString(byte b) {
    if (escaped) {
      escaped = false;
    } else if (b == '\\') {
      escaped = true;
      keyLength = MAX_KEY + 1; // no key that matters is written with an escape
    } else if (b == '"') {
      inString = false;
      if (collectingKey) {
        collectingKey = false;
        announced = announcedByKey();
      }
    } else if (collectingKey) {
      if (keyLength < MAX_KEY) {
        key[keyLength] = b;
      }
      keyLength++;
    }
  }

  private void open(byte b) {
    if (isWatched()) {
      switch (announced) {
        case USAGE -> {
          capturing = true;
          captureDepth = depth;
          capturedLength = 0;
          capture(b);
        }
        case ERROR -> error = true;
        case WRAPPER -> inWrapper |= depth == 1;
        case OTHER -> {}
      }
    }
    depth++;
    keyNext = isWatched();
    announced = Key.OTHER;
  }

  private void close() {
    depth--;
    keyNext = false;
    announced = Key.OTHER;
    if (capturing && depth == captureDepth) {
      capturing = false;
      if (capturedLength <= MAX_USAGE) {
        onUsage.accept(captured, capturedLength);
      }
    }
    if (depth <= 1) {
      inWrapper = false;
    }
  }

  private boolean isWatched() {
    return depth == 1 || (depth == 2 && inWrapper);
  }

  private void capture(byte b) {
    if (capturedLength < MAX_USAGE) {
      captured[capturedLength] = b;
    }
    capturedLength++;
  }

  private Key announcedByKey() {
    if (matches("usage")) {
      return Key.USAGE;
    }
    if (matches("error")) {
      return Key.ERROR;
    }
    return matches("message") || matches("response") ? Key.WRAPPER : Key.OTHER;
  }

  private boolean matches(String name) {
    if (keyLength != name.length()) {
      return false;
    }
    for (int i = 0; i < keyLength; i++) {
      if (key[i] != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
