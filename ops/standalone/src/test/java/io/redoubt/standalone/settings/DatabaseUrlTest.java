package io.redoubt.standalone.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.cli.command.CommandFailure;
import org.junit.jupiter.api.Test;

class DatabaseUrlTest {
  @Test
  void aDatabaseIsWrittenAsPeopleWriteItOrAsJdbcDoes() {
    for (String text :
        new String[] {
          "postgres://db:5432/redoubt",
          "postgresql://db:5432/redoubt",
          "jdbc:postgresql://db:5432/redoubt"
        }) {
      assertThat(DatabaseUrl.read(text)).as(text).isEqualTo("jdbc:postgresql://db:5432/redoubt");
    }
  }

  @Test
  void itNamesNoUserAndNoOtherKindOfDatabase() {
    assertThatThrownBy(() -> DatabaseUrl.read("postgresql://me:pw@db/redoubt"))
        .hasMessageContaining("REDOUBT_CONTROL_DATABASE_PASSWORD");
    assertThatThrownBy(() -> DatabaseUrl.read("mysql://db/redoubt"))
        .isInstanceOf(CommandFailure.class);
  }
}
