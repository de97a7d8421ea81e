package io.redoubt.multinode.product;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What the control plane keeps, read past its API and under its own role. */
public final class ControlDatabase {
  private final Product product;

  public ControlDatabase(Product product) {
    this.product = product;
  }

  /** The numbers of an organization's audit lines from the enclave, in their order. */
  public List<Long> auditNumbers(String organization) {
    String password =
        Documents.read(product.postgres().resolve("secrets.json"))
            .required("redoubt_control")
            .asText();
    String url = "jdbc:postgresql://127.0.0.1:" + product.runtime().databasePort() + "/redoubt";
    try (Connection connection = DriverManager.getConnection(url, "redoubt_control", password)) {
      connection.setAutoCommit(false);
      try (var enter =
          connection.prepareStatement("SELECT set_config('redoubt.organization', ?, true)")) {
        enter.setString(1, uuid(organization).toString());
        enter.execute();
      }
      try (var numbers =
              connection.prepareStatement(
                  "SELECT number FROM control.audit_record WHERE number IS NOT NULL"
                      + " UNION ALL SELECT number FROM control.audit_outcome ORDER BY number");
          var rows = numbers.executeQuery()) {
        var found = new ArrayList<Long>();
        while (rows.next()) {
          found.add(rows.getLong(1));
        }
        return found;
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the control plane's database cannot be read", e);
    }
  }

  private static UUID uuid(String id) {
    String hex = id.substring(id.indexOf('_') + 1);
    return new UUID(
        Long.parseUnsignedLong(hex.substring(0, 16), 16),
        Long.parseUnsignedLong(hex.substring(16), 16));
  }
}
