package io.redoubt.controlplane.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.Json;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads columns as what they stand for, and writes what goes into {@code jsonb} ones. */
public final class Rows {
  public static final TypeReference<List<String>> TEXTS = new TypeReference<>() {};
  public static final TypeReference<Map<String, String>> LABELS = new TypeReference<>() {};

  private Rows() {}

  public static UUID uuid(ResultSet row, String column) throws SQLException {
    return row.getObject(column, UUID.class);
  }

  public static @Nullable UUID uuidOrNull(ResultSet row, String column) throws SQLException {
    return row.getObject(column, UUID.class);
  }

  public static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  public static @Nullable Instant instantOrNull(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  public static <T> T json(ResultSet row, String column, TypeReference<T> type)
      throws SQLException {
    try {
      return Json.LENIENT.readValue(row.getString(column), type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a column that was written here: " + column, e);
    }
  }

  public static <T> T json(ResultSet row, String column, Class<T> type) throws SQLException {
    try {
      return Json.LENIENT.readValue(row.getString(column), type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a column that was written here: " + column, e);
    }
  }

  /** A value of ours as a tree, with every field that it has. */
  public static ObjectNode tree(Object value) {
    return Json.LENIENT.valueToTree(value);
  }

  /** The text of a value for a {@code jsonb} column. */
  public static String json(Object value) {
    return new String(Json.write(value), StandardCharsets.UTF_8);
  }
}
