package io.redoubt.standalone.logging;

import net.logstash.logback.encoder.LogstashEncoder;
import net.logstash.logback.mask.MaskingJsonGeneratorDecorator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.TokenStreamContext;

/** One JSON object for each line, with everything masked that looks like a secret. */
public final class MaskedJsonEncoder extends LogstashEncoder {
  public MaskedJsonEncoder() {
    var masking = new MaskingJsonGeneratorDecorator();
    masking.addValueMasker(MaskedJsonEncoder::mask);
    masking.start();
    addDecorator(masking);
    setIncludeContext(false);
  }

  /** Null where there is nothing to mask, as the library wants it. */
  private static @Nullable Object mask(TokenStreamContext context, Object value) {
    if (!(value instanceof CharSequence text)) {
      return null;
    }
    String masked = SecretPatterns.mask(text.toString());
    return masked.contentEquals(text) ? null : masked;
  }
}
