package io.redoubt.standalone.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A short line for a person; the whole of it is in the JSON. */
public final class MaskedLineEncoder extends EncoderBase<ILoggingEvent> {
  private static final int LIMIT = 300;

  @Override
  public byte @Nullable [] headerBytes() {
    return null;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    var line =
        new StringBuilder("redoubt: ")
            .append(event.getLevel().toString().toLowerCase(Locale.ROOT))
            .append(": ")
            .append(event.getFormattedMessage());
    if (event.getThrowableProxy() != null) {
      line.append(" (").append(event.getThrowableProxy().getMessage()).append(')');
    }
    return (shortened(SecretPatterns.mask(line.toString())) + "\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String shortened(String text) {
    String first = text.lines().findFirst().orElse("");
    return first.length() <= LIMIT ? first : first.substring(0, LIMIT) + "…";
  }

  @Override
  public byte @Nullable [] footerBytes() {
    return null;
  }
}
