package io.redoubt.http;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.text.Utf8;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.util.ByteString;

/**
 * Reads request bodies: whole, bounded, within a deadline. What is too large answers 413, what does
 * not arrive 408, what is no JSON 400, and what is JSON but wrong 422 with a pointer to the place.
 */
public final class Bodies {
  /** What a credential in a body needs, and much more, so that a bad one is still told apart. */
  private static final long STRANGERS_BYTES = 128 << 10;

  private final EdgeConfig config;
  private final long maxBytes;

  public Bodies(EdgeConfig config) {
    this(config, config.maxBodyBytes());
  }

  private Bodies(EdgeConfig config, long maxBytes) {
    this.config = config;
    this.maxBytes = maxBytes;
  }

  /**
   * Bodies that carry their sender's credential, and so are read before anybody knows who it is.
   */
  public static Bodies ofStrangers(EdgeConfig config) {
    return new Bodies(config, Math.min(config.maxBodyBytes(), STRANGERS_BYTES));
  }

  /** A JSON body of the type. */
  public <T> Route json(Class<T> type, Function<T, Route> inner) {
    return optionalJson(
        type,
        body ->
            inner.apply(
                body.orElseThrow(() ->
                    ProblemException.of(ErrorType.MALFORMED_REQUEST, "A JSON body is needed."))));
  }

  /**
   * A JSON body of the type, where somebody wants to know of every one that is not.
   *
   * @param wrong answers that, and what {@code inner} refuses at once
   */
  public <T> Route json(
      Class<T> type, Function<T, Route> inner, Function<ProblemException, Route> wrong) {
    return Directives.extractRequestEntity(entity -> {
      try {
        if (isEmpty(entity)) {
          throw ProblemException.of(ErrorType.MALFORMED_REQUEST, "A JSON body is needed.");
        }
        requireMediaType(entity, "application/json");
      } catch (ProblemException e) {
        return wrong.apply(e);
      }
      return bytes(
          maxBytes,
          body -> {
            try {
              return inner.apply(read(type, body));
            } catch (ProblemException e) {
              return wrong.apply(e);
            }
          },
          wrong);
    });
  }

  /** A JSON body of the type, or no body at all. */
  public <T> Route optionalJson(Class<T> type, Function<Optional<T>, Route> inner) {
    return Directives.extractRequestEntity(entity -> {
      if (isEmpty(entity)) {
        return inner.apply(Optional.empty());
      }
      requireMediaType(entity, "application/json");
      return bytes(maxBytes, body -> inner.apply(Optional.of(read(type, body))));
    });
  }

  /**
   * A form (WHATWG URL §5.1). Forms carry credentials, so they are as small as what strangers send.
   *
   * @param malformed answers one that is not well encoded, or has a name that comes twice
   */
  public Route form(Function<Map<String, String>, Route> inner, Supplier<Route> malformed) {
    return Directives.extractRequestEntity(entity -> {
      requireMediaType(entity, "application/x-www-form-urlencoded");
      return bytes(
          Math.min(maxBytes, STRANGERS_BYTES),
          body ->
              readForm(body.decodeString(StandardCharsets.UTF_8)).map(inner).orElseGet(malformed));
    });
  }

  /** The bytes of a body of that media type as they came, for who holds a proof against them. */
  public Route bytes(String mediaType, long maxBytes, Function<ByteString, Route> inner) {
    return Directives.extractRequestEntity(entity -> {
      requireMediaType(entity, mediaType);
      return bytes(maxBytes, inner);
    });
  }

  /** The bytes of a body of at most {@code maxBytes}. */
  public Route bytes(long maxBytes, Function<ByteString, Route> inner) {
    return bytes(maxBytes, inner, Problems::route);
  }

  private Route bytes(
      long maxBytes, Function<ByteString, Route> inner, Function<ProblemException, Route> wrong) {
    return Directives.extractRequestEntity(entity -> {
      if (entity instanceof HttpEntity.Strict strict && strict.getData().size() <= maxBytes) {
        return inner.apply(strict.getData());
      }
      if (entity.getContentLengthOption().orElse(0) > maxBytes + BodyCollector.DROPPED_BYTES) {
        return wrong.apply(tooLarge(maxBytes));
      }
      return Directives.extractMaterializer(materializer ->
          Replies.async(
              BodyCollector.collect(entity, maxBytes, config.bodyDeadline(), materializer)
                  .handle((body, failure) ->
                      failure == null
                          ? inner.apply(body)
                          : wrong.apply(explain(failure, maxBytes)))));
    });
  }

  private static ProblemException explain(Throwable failure, long maxBytes) {
    Throwable cause = Problems.unwrap(failure);
    return switch (cause) {
      case Throwable large when BodyCollector.isTooLarge(large) -> tooLarge(maxBytes);
      case TimeoutException _ -> ProblemException.of(ErrorType.REQUEST_TIMEOUT);
      default ->
          ProblemException.of(
              ErrorType.MALFORMED_REQUEST, "The body broke off or is not readable.");
    };
  }

  private static ProblemException tooLarge(long maxBytes) {
    return ProblemException.of(
        ErrorType.CONTENT_TOO_LARGE, "The limit here is " + maxBytes + " bytes.");
  }

  private static boolean isEmpty(RequestEntity entity) {
    return entity.isKnownEmpty() || entity.getContentLengthOption().orElse(-1) == 0;
  }

  private static void requireMediaType(RequestEntity entity, String wanted) {
    var type = entity.getContentType();
    boolean charsetFits =
        type.getCharsetOption().map(c -> "utf-8".equalsIgnoreCase(c.value())).orElse(true);
    String given = type.mediaType().mainType() + "/" + type.mediaType().subType();
    if (!given.equalsIgnoreCase(wanted) || !charsetFits) {
      throw ProblemException.of(
          ErrorType.UNSUPPORTED_MEDIA_TYPE, "The body is expected as " + wanted + " in UTF-8.");
    }
  }

  static <T> T read(Class<T> type, ByteString body) {
    byte[] bytes = body.toArrayUnsafe();
    // The parser takes surrogates and forms that are longer than they need be (RFC 3629 §3).
    if (!Utf8.isWellFormed(bytes)) {
      throw ProblemException.of(ErrorType.MALFORMED_REQUEST, "The body is not in UTF-8.");
    }
    try {
      T value = Json.STRICT.readValue(bytes, type);
      if (value == null) {
        throw ProblemException.invalid("", "must not be null");
      }
      return value;
    } catch (JsonParseException e) {
      throw notJson(e);
    } catch (UnrecognizedPropertyException e) {
      throw ProblemException.invalid(pointer(e), "is not known here");
    } catch (JsonMappingException e) {
      // What is no JSON inside a value is met by whoever reads that value, and comes in its guise.
      if (e.getCause() instanceof JsonParseException notJson) {
        throw notJson(notJson);
      }
      // Text after the document comes without a path, in the guise of a wrong type.
      if (e.getPath().isEmpty() && e.getOriginalMessage().startsWith("Trailing token")) {
        throw ProblemException.of(
            ErrorType.MALFORMED_REQUEST, "The body goes on after its JSON has ended.");
      }
      throw ProblemException.invalid(pointer(e), reason(e));
    } catch (IOException e) {
      throw ProblemException.of(ErrorType.MALFORMED_REQUEST, "The body is not readable as JSON.");
    }
  }

  private static ProblemException notJson(JsonParseException failure) {
    return ProblemException.of(
        ErrorType.MALFORMED_REQUEST,
        "The body is not JSON: line "
            + failure.getLocation().getLineNr()
            + ", column "
            + failure.getLocation().getColumnNr()
            + ".");
  }

  /** What our own types say when they refuse a value; what a library says stays inside. */
  private static String reason(JsonMappingException failure) {
    return failure.getCause() instanceof IllegalArgumentException refused
            && refused.getMessage() != null
            && refused.getStackTrace().length > 0
            && refused.getStackTrace()[0].getClassName().startsWith("io.redoubt.")
        ? refused.getMessage()
        : "is not of the right type";
  }

  private static String pointer(JsonMappingException failure) {
    var pointer = new StringBuilder();
    for (var step : failure.getPath()) {
      pointer.append('/');
      if (step.getFieldName() == null) {
        pointer.append(step.getIndex());
      } else {
        pointer.append(step.getFieldName().replace("~", "~0").replace("/", "~1"));
      }
    }
    return pointer.toString();
  }

  /** The values by their names; empty: it is malformed. */
  private static Optional<Map<String, String>> readForm(String body) {
    var form = new LinkedHashMap<String, String>();
    if (body.isEmpty()) {
      return Optional.of(form);
    }
    for (String pair : body.split("&", -1)) {
      int equals = pair.indexOf('=');
      try {
        String name = decode(equals < 0 ? pair : pair.substring(0, equals));
        if (form.put(name, equals < 0 ? "" : decode(pair.substring(equals + 1))) != null) {
          return Optional.empty();
        }
      } catch (IllegalArgumentException _) {
        return Optional.empty();
      }
    }
    return Optional.of(form);
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
