package io.redoubt.protocol.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.time.Instant;

/**
 * The two mappers of Redoubt. Both write {@code snake_case} and RFC 3339 times, read UTF-8 alone,
 * refuse duplicate keys and trailing text, and do not turn one type into another.
 */
public final class Json {
  /** For what a caller sends: an unknown field is an error, since it may have meant a guard. */
  public static final ObjectMapper STRICT = mapper(true);

  /** For what Redoubt's own parts send each other: a newer sender may know more fields. */
  public static final ObjectMapper LENIENT = mapper(false);

  /** In characters. */
  static final int MAX_NUMBER_LENGTH = 64;

  private Json() {}

  private static ObjectMapper mapper(boolean failOnUnknown) {
    var mapper =
        // In UTF-8 and nothing else (RFC 8259 §8.1), whatever the first bytes look like.
        JsonMapper.builder(
                JsonFactory.builder().disable(JsonFactory.Feature.CHARSET_DETECTION).build())
            .addModule(new Jdk8Module())
            .addModule(new JavaTimeModule())
            .addModule(
                new SimpleModule("redoubt-times").addDeserializer(Instant.class, new Rfc3339()))
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, failOnUnknown)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .build();
    mapper
        .coercionConfigFor(LogicalType.Textual)
        .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
        .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
        .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
    mapper
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(64)
                .maxNumberLength(MAX_NUMBER_LENGTH)
                .build());
    return mapper;
  }

  /** Writes a value of ours, which by construction can be written. */
  public static byte[] write(Object value) {
    try {
      return LENIENT.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not writable as JSON: " + value.getClass(), e);
    }
  }
}
