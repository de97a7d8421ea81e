package io.redoubt.controlplane.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.text.PlainText;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VisibleTest {
  @ParameterizedTest
  @CsvSource({
    "202e,\\u202e",
    "2066,\\u2066",
    "200b,\\u200b",
    "7,\\u0007",
    "a0,\\u00a0",
    "3164,\\u3164",
    "2800,\\u2800",
    "fe0f,\\ufe0f",
    "e0041,\\u{e0041}",
    "e0100,\\u{e0100}"
  })
  void whatNobodySeesIsWrittenOut(String code, String visible) {
    String hidden = Character.toString(Integer.parseInt(code, 16));

    assertThat(Visible.of("a" + hidden + "b")).isEqualTo("a" + visible + "b");
  }

  @Test
  void aLineStaysOneAndIsNeverCutInsideACharacter() {
    assertThat(Visible.line("one\ntwo", 100)).isEqualTo("one\\ntwo");
    assertThat(PlainText.cut("ab\ud83d\ude00cd", 4)).isEqualTo("ab…");
    assertThat(Visible.of("grüße, \u65e5\u672c\n")).isEqualTo("grüße, \u65e5\u672c\n");
  }
}
