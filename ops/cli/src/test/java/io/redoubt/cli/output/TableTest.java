package io.redoubt.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void whatWouldSteerATerminalIsShownAndNotObeyed() {
    var out = new StringWriter();

    new Table("name").row("a\u001b[2Jb\u202ec").print(new PrintWriter(out));

    assertThat(out.toString()).contains("a\uFFFD[2Jb\uFFFDc");
  }

  @Test
  void nestedAndAbsentValuesHaveOneWrittenForm() throws IOException {
    var item =
        Json.LENIENT.readTree(
            "{\"a\":{\"b\":[1,2]},\"l\":{\"k\":\"v\"},\"n\":null,\"c\":0.000129,\"d\":7}");

    assertThat(Table.text(item, "a.b")).isEqualTo("1,2");
    assertThat(Table.text(item, "l")).isEqualTo("k=v");
    assertThat(Table.text(item, "c")).isEqualTo("0.000129");
    assertThat(Table.text(item, "d")).isEqualTo("7");
    assertThat(Table.text(item, "n")).isEqualTo("-");
    assertThat(Table.text(item, "none")).isEqualTo("-");
  }
}
