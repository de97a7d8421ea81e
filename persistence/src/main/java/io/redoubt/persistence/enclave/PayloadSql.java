package io.redoubt.persistence.enclave;

import io.redoubt.payload.PayloadStore.Part;
import io.redoubt.payload.PayloadStore.Payload;
import io.redoubt.persistence.batch.BatchSql;
import io.redoubt.persistence.batch.SqlArrays;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;

/** Writes sealed payloads of any organization through {@code enclave.write_payloads}. */
final class PayloadSql implements BatchSql<PayloadSql.Sealed, Boolean> {
  /** A payload whose body is sealed. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Sealed(Payload payload, byte[] body) {}

  @Override
  public String text() {
    return "SELECT enclave.write_payloads(?, ?, ?, ?, ?, ?, ?, ?, ?)";
  }

  /** A line that is there already is left as it is. */
  @Override
  public boolean mayBeRepeated() {
    return true;
  }

  @Override
  public List<Boolean> write(PreparedStatement statement, List<Sealed> items, boolean repeated)
      throws SQLException {
    int size = items.size();
    var organizations = new String[size];
    var actions = new String[size];
    var parts = new int[size];
    var agents = new String[size];
    var mediaTypes = new String[size];
    var truncated = new int[size];
    var at = new long[size];
    var deleteAfter = new long[size];
    var bodies = new byte[size][];
    for (int i = 0; i < size; i++) {
      var payload = items.get(i).payload();
      organizations[i] = payload.organization().uuid().toString();
      actions[i] = payload.action().uuid().toString();
      parts[i] = number(payload.part());
      agents[i] = payload.agent().uuid().toString();
      mediaTypes[i] = payload.mediaType();
      truncated[i] = payload.truncated() ? 1 : 0;
      at[i] = micros(payload.at());
      deleteAfter[i] = micros(payload.deleteAfter());
      bodies[i] = items.get(i).body();
    }
    SqlArrays.text(statement, 1, organizations);
    SqlArrays.text(statement, 2, actions);
    statement.setObject(3, parts);
    SqlArrays.text(statement, 4, agents);
    SqlArrays.text(statement, 5, mediaTypes);
    statement.setObject(6, truncated);
    statement.setObject(7, at);
    statement.setObject(8, deleteAfter);
    SqlArrays.bytes(statement, 9, bodies);
    statement.executeQuery().close();
    return Collections.nCopies(size, true);
  }

  static int number(Part part) {
    return switch (part) {
      case REQUEST -> 1;
      case REPLY -> 2;
    };
  }

  static Part part(int number) {
    return switch (number) {
      case 1 -> Part.REQUEST;
      case 2 -> Part.REPLY;
      default -> throw new IllegalArgumentException("a part that the table does not admit");
    };
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }
}
