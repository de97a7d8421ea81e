package io.redoubt.persistence.enclave;

import io.redoubt.audit.AuditLog.Permit;
import io.redoubt.persistence.batch.BatchSql;
import io.redoubt.persistence.batch.SqlArrays;
import io.redoubt.persistence.enclave.AuditLine.Fence;
import io.redoubt.persistence.enclave.AuditLine.Kind;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes audit lines of any kind and organization through {@code enclave.write_audit}. */
final class AuditSql implements BatchSql<AuditLine, Permit> {
  private static final String TEXT =
      "SELECT enclave.write_audit(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private final long incarnation;
  private final int epoch;
  private final Consumer<AuditLine> doubtful;

  /**
   * @param doubtful told of an intent that is refused now but may have been written by an earlier
   *     attempt whose answer was lost
   */
  AuditSql(long incarnation, int epoch, Consumer<AuditLine> doubtful) {
    this.incarnation = incarnation;
    this.epoch = epoch;
    this.doubtful = doubtful;
  }

  @Override
  public String text() {
    return TEXT;
  }

  /** A line that is there already is left as it is. */
  @Override
  public boolean mayBeRepeated() {
    return true;
  }

  @Override
  public List<Permit> write(PreparedStatement statement, List<AuditLine> lines, boolean repeated)
      throws SQLException {
    Map<Fence, Integer> fences = number(lines);
    statement.setLong(1, incarnation);
    statement.setInt(2, epoch);
    bind(statement, fences);
    bind(statement, lines, fences);
    try (var rows = statement.executeQuery()) {
      rows.next();
      Set<Integer> held = held(rows.getArray(1));
      return lines.stream().map(line -> answer(line, fences, held, repeated)).toList();
    }
  }

  /** A batch asks for the same fence many times: each is looked at once, and numbered from 1. */
  private static Map<Fence, Integer> number(List<AuditLine> lines) {
    var numbers = new LinkedHashMap<Fence, Integer>();
    for (var line : lines) {
      if (line.fence() != null) {
        numbers.putIfAbsent(line.fence(), numbers.size() + 1);
      }
    }
    return numbers;
  }

  private static void bind(PreparedStatement statement, Map<Fence, Integer> fences)
      throws SQLException {
    int size = fences.size();
    var organizations = new String[size];
    var agents = new String[size];
    var values = new long[size];
    int i = 0;
    for (var fence : fences.keySet()) {
      organizations[i] = fence.organization().toString();
      agents[i] = fence.agent().toString();
      values[i++] = fence.value();
    }
    SqlArrays.text(statement, 3, organizations);
    SqlArrays.text(statement, 4, agents);
    statement.setObject(5, values);
  }

  private static void bind(
      PreparedStatement statement, List<AuditLine> lines, Map<Fence, Integer> fences)
      throws SQLException {
    int size = lines.size();
    var kinds = new int[size];
    var ids = new String[size];
    var organizations = new String[size];
    var agents = new @Nullable String[size];
    var micros = new long[size];
    var numbers = new int[size];
    var documents = new String[size];
    var reservations = new @Nullable Long[size];
    for (int i = 0; i < size; i++) {
      var line = lines.get(i);
      kinds[i] = line.kind().number();
      ids[i] = line.id().toString();
      organizations[i] = line.organization().toString();
      agents[i] = line.agent() == null ? null : line.agent().toString();
      micros[i] = line.micros();
      numbers[i] = line.fence() == null ? 0 : fences.getOrDefault(line.fence(), 0);
      documents[i] = line.document();
      reservations[i] = line.reservation();
    }
    statement.setObject(6, kinds);
    SqlArrays.text(statement, 7, ids);
    SqlArrays.text(statement, 8, organizations);
    SqlArrays.text(statement, 9, agents);
    statement.setObject(10, micros);
    statement.setObject(11, numbers);
    SqlArrays.text(statement, 12, documents);
    SqlArrays.numbers(statement, 13, reservations);
  }

  private static Set<Integer> held(Array array) throws SQLException {
    return new HashSet<>(List.of((Integer[]) array.getArray()));
  }

  private Permit answer(
      AuditLine line, Map<Fence, Integer> fences, Set<Integer> held, boolean repeated) {
    if (line.kind() != Kind.INTENT || held.contains(fences.get(line.fence()))) {
      return Permit.RECORDED;
    }
    if (repeated) {
      doubtful.accept(line);
    }
    return Permit.FENCED;
  }
}
