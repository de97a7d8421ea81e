package io.redoubt.approval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DifferencesTest {
  private static JsonNode json(String text) {
    try {
      return Json.STRICT.readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | {} | ",
        "{'a':1} | {'a':1.0} | ",
        "{'a':1} | {'a':2} | /a",
        "{'a':1} | {'b':1} | /a /b",
        "{'a':{'b':[1,2]}} | {'a':{'b':[1,3,4]}} | /a/b/1 /a/b/2",
        "{'a':null} | {} | /a",
        "{'a':[]} | {'a':{}} | /a",
        "{'a/b~c':1} | {'a/b~c':2} | /a~1b~0c",
      })
  void eachPlaceThatDiffersIsNamed(String one, String other, String pointers) {
    assertThat(String.join(" ", Differences.between(json(one), json(other))))
        .isEqualTo(pointers == null ? "" : pointers);
  }

  @Test
  void manyAreNotAllNamedAndNoNameIsLongOrInvisible() {
    ObjectNode many = Json.STRICT.createObjectNode();
    for (int i = 0; i < 100; i++) {
      many.put("field" + i, i);
    }
    ObjectNode odd = Json.STRICT.createObjectNode();
    odd.put("x".repeat(1000), 1);
    odd.put("in\u202evisible\n", 1);
    odd.put("x; alert of tickets#1: nothing to see, really", 1);

    assertThat(Differences.between(json("{}"), many)).hasSize(Differences.MOST + 1).endsWith("…");
    assertThat(Differences.between(json("{}"), odd))
        .allMatch(it -> it.length() <= Differences.MOST_CHARACTERS + 1)
        .noneMatch(it -> it.contains("\u202e") || it.contains("\n"))
        .as("what stands between the parts of a record")
        .noneMatch(it -> it.contains(";") || it.contains(","));
  }

  /** Nothing is named where nothing differs, and something where anything does. */
  @Test
  void theyDifferWhereTheirCanonicalFormsDo() {
    var random = new Random(7);
    for (int i = 0; i < 5_000; i++) {
      var one = value(random, 3);
      var other = random.nextInt(3) == 0 ? one.deepCopy() : value(random, 3);
      boolean same = Arrays.equals(CanonicalJson.write(one), CanonicalJson.write(other));

      assertThat(Differences.between(one, other).isEmpty())
          .as("%s and %s", one, other)
          .isEqualTo(same);
    }
  }

  private static JsonNode value(Random random, int depth) {
    return switch (random.nextInt(depth == 0 ? 4 : 6)) {
      case 0 -> Json.STRICT.getNodeFactory().numberNode(random.nextInt(3));
      case 1 -> Json.STRICT.getNodeFactory().textNode("t" + random.nextInt(2));
      case 2 -> Json.STRICT.getNodeFactory().nullNode();
      case 3 -> Json.STRICT.getNodeFactory().booleanNode(random.nextBoolean());
      case 4 -> {
        var list = Json.STRICT.createArrayNode();
        for (int i = random.nextInt(3); i > 0; i--) {
          list.add(value(random, depth - 1));
        }
        yield list;
      }
      default -> {
        var object = Json.STRICT.createObjectNode();
        for (int i = random.nextInt(3); i > 0; i--) {
          object.set("n" + random.nextInt(3), value(random, depth - 1));
        }
        yield object;
      }
    };
  }
}
