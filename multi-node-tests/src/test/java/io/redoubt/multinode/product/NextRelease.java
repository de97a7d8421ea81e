package io.redoubt.multinode.product;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** The database as a later release would have left it, until closed; it says so, no more. */
public final class NextRelease implements AutoCloseable {
  private final Product product;

  private NextRelease(Product product) {
    this.product = product;
  }

  public static NextRelease migrated(Product product) {
    var next = new NextRelease(product);
    next.execute(
        "INSERT INTO migration.flyway_schema_history (installed_rank, version, description, type,"
            + " script, checksum, installed_by, execution_time, success) VALUES (1000, '1000',"
            + " 'next release', 'SQL', 'V1000__next_release.sql', 0, current_user, 0, true)");
    return next;
  }

  private void execute(String statement) {
    String password =
        Documents.read(product.postgres().resolve("secrets.json"))
            .required("redoubt_migrator")
            .asText();
    String url = "jdbc:postgresql://127.0.0.1:" + product.runtime().databasePort() + "/redoubt";
    try (Connection connection = DriverManager.getConnection(url, "redoubt_migrator", password);
        var prepared = connection.prepareStatement(statement)) {
      prepared.execute();
    } catch (SQLException e) {
      throw new IllegalStateException("the schema's history cannot be changed", e);
    }
  }

  @Override
  public void close() {
    execute("DELETE FROM migration.flyway_schema_history WHERE installed_rank = 1000");
  }
}
