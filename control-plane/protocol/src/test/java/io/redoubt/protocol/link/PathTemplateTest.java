package io.redoubt.protocol.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathTemplateTest {

  @Test
  void valuesStandWhereTheirNamesStood() {
    var template = PathTemplate.parse("/repos/{owner}/{repo_1}.git/issues;v={_v}/a%20b");

    assertThat(template.parameters()).containsExactly("owner", "repo_1", "_v");
    assertThat(template.expand(Map.of("owner", "a%2Fb", "repo_1", "c..d", "_v", "%7B%7D")::get))
        .isEqualTo("/repos/a%2Fb/c..d.git/issues;v=%7B%7D/a%20b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/a",
        "/a/b-c._~!$&'()*+,;=:@d",
        "/%C3%A4",
        "/...",
        "/.a/..b/c./d..",
        "/a%2Fb",
        "/a/",
        "/a/{b}/",
        "/{a}{b}",
        "/a{b}c",
        "/{a012345678901234567890123456789012345678901234567890123456789012}"
      })
  void aPathIsWhatRfc3986LetsItBe(String text) {
    assertThat(PathTemplate.parse(text).expand(_ -> "x"))
        .isEqualTo(text.replaceAll("\\{[^}]*}", "x"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "'' begins",
        "a begins",
        "{a} begins",
        "'/a b' percent-encoded",
        "/ä percent-encoded",
        "/a?b=c percent-encoded",
        "/a#b percent-encoded",
        "/a\\b percent-encoded",
        "/a% percent-encoded",
        "/a%2 percent-encoded",
        "/a%zz percent-encoded",
        "/a} percent-encoded",
        "/{ {name}",
        "/{} {name}",
        "/{a {name}",
        "/{1a} {name}",
        "/{a-b} {name}",
        "/{ä} {name}",
        "/{{a}} {name}",
        "/{a0123456789012345678901234567890123456789012345678901234567890123} {name}",
        "/{a}/{a} once",
        "// empty",
        "/a//b empty",
        "/a// empty",
        "/{a}// empty",
        "//a empty",
        "/. ..",
        "/.. ..",
        "/a/../b ..",
        "/a/%2e%2E ..",
        "/a/.%2e/b ..",
        "/a/..%2Fb ..",
        "/a/b%2f..%2fc ..",
        "/a/..%5Cb ..",
        "/a/..;b/c ..",
        "/../ ..",
        "/a/%2e./ ..",
      })
  void anythingElseIsRefusedWithTheReason(String text, String reason) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PathTemplate.parse(text))
        .withMessageContaining(reason);
  }

  @Test
  void aPathHasAnEnd() {
    assertThat(PathTemplate.parse("/" + "a".repeat(499)).parameters()).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PathTemplate.parse("/" + "a".repeat(500)))
        .withMessageContaining("500");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b", "a b", "a?b", "a#b", "%", "%2", "ä", "\r\n", "a\\b", "{b}"})
  void aValueThatIsNotEncodedIsNotTaken(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PathTemplate.parse("/a/{secret}").expand(_ -> value))
        .withMessage("has in parameter secret what is not percent-encoded");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "%2e.", "..%2Fadmin", "a%2f..%2Fb", "..%5C", "..;"})
  void noValueMakesTheSegmentVanishOrClimb(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PathTemplate.parse("/a/{id}/b").expand(_ -> value));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/{id}", "/a/{id}", "/{id}/", "/a/{id}/"})
  void onlyWhoWritesThePathEndsItInASlash(String text) {
    for (String value : List.of("", ".", "..")) {
      assertThatIllegalArgumentException()
          .as(value)
          .isThrownBy(() -> PathTemplate.parse(text).expand(_ -> value));
    }
  }

  @Test
  void twoValuesThatClimbTogetherAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PathTemplate.parse("/a/{b}{c}/d").expand(_ -> "."));
  }

  @Test
  void aValueMayBeLong() {
    String value = "%C3%A4a".repeat(50_000);

    assertThat(PathTemplate.parse("/{a}").expand(_ -> value)).isEqualTo("/" + value);
  }
}
