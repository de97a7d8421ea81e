package io.redoubt.protocol.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlainTextTest {
  /** One character that is two in Java. */
  private static final String FORTRESS = "\ud83c\udff0";

  @Test
  void aTextIsCutWhereNoCharacterIsHalved() {
    assertThat(PlainText.cut("abc", 3)).isEqualTo("abc");
    assertThat(PlainText.cut("abcd", 3)).isEqualTo("ab…");
    assertThat(PlainText.cut("a" + FORTRESS + "b", 3)).isEqualTo("a…");
    assertThat(PlainText.cut("a" + FORTRESS + "bc", 4)).isEqualTo("a" + FORTRESS + "…");
  }

  @Test
  void whatNobodySeesIsAQuestionMarkInABeginning() {
    String nobodysOwn = new String(Character.toChars(0xF0000));

    assertThat(PlainText.beginning("a\u202eb\nc", 9)).isEqualTo("a?b?c");
    assertThat(PlainText.beginning("abcd", 3)).isEqualTo("abc…");
    assertThat(PlainText.beginning(FORTRESS + nobodysOwn, 2)).isEqualTo(FORTRESS + "?");
  }
}
