package io.redoubt.protocol.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ConnectorSpec.Method;
import io.redoubt.protocol.link.ConnectorSpec.Operation;
import io.redoubt.protocol.problem.Problem;
import io.redoubt.protocol.problem.ProblemException;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PlacementTest {
  private static final URI BASE = URI.create("https://tickets.example.com/api");

  private static ObjectNode json(String text) {
    try {
      JsonNode read =
          Json.STRICT
              .readerFor(JsonNode.class)
              .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
              .readValue(text);
      return (ObjectNode) read;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  private static Placement place(URI base, Method method, String path, String parameters) {
    var operation = new Operation("any", method, path, method.usualAccess());
    return Placement.of(base, operation, json(parameters));
  }

  private static Placement place(Method method, String path, String parameters) {
    return place(BASE, method, path, parameters);
  }

  private static List<Problem.FieldError> wrong(Method method, String path, String parameters) {
    return catchThrowableOfType(ProblemException.class, () -> place(method, path, parameters))
        .errors();
  }

  @ParameterizedTest
  @EnumSource(
      value = Method.class,
      names = {"POST", "PUT", "PATCH"})
  void whatThePathDoesNotNameIsInTheBodyAsItWas(Method method) {
    String parameters =
        "{\"id\": 7, \"title\": \"a&b\", \"labels\": [\"x\", null], \"at\": {\"id\": 1}}";

    var placed = place(method, "/issues/{id}", parameters);

    assertThat(placed.target()).isEqualTo("/api/issues/7");
    assertThat(placed.body())
        .isEqualTo(json("{\"title\": \"a&b\", \"labels\": [\"x\", null], \"at\": {\"id\": 1}}"));
  }

  /** As in the digest, which is of one call; and some servers do not tell these two apart. */
  @Test
  void theQueryIsInTheOrderOfItsNamesHoweverItWasAskedFor() {
    assertThat(place(Method.GET, "/issues", "{\"id\": 1, \"ID\": 2}").target())
        .isEqualTo(place(Method.GET, "/issues", "{\"ID\": 2, \"id\": 1}").target())
        .endsWith("?ID=2&id=1");
  }

  @Test
  void aBodyIsThereThoughNothingIsInIt() {
    assertThat(place(Method.POST, "/issues/{id}/close", "{\"id\": 7}").body())
        .isEqualTo(json("{}"));
  }

  @ParameterizedTest
  @EnumSource(
      value = Method.class,
      names = {"GET", "DELETE"})
  void whatThePathDoesNotNameIsInTheQueryWhereThereIsNoBody(Method method) {
    var placed =
        place(
            method,
            "/issues/{id}",
            "{\"z\": \"said first\", \"id\": 7, \"a=b\": [\"x&y\", 1, true, null],"
                + " \"none\": null, \"empty\": \"\", \"no\": []}");

    assertThat(placed.target())
        .isEqualTo("/api/issues/7?a%3Db=x%26y&a%3Db=1&a%3Db=true&empty=&z=said%20first");
    assertThat(placed.body()).isNull();
  }

  @Test
  void aValueIsOnePartOfASegmentWhateverItHolds() {
    assertThat(place(Method.GET, "/a/{b}.git/", "{\"b\": \"c d..e?f#g%2F;ä~\"}").target())
        .isEqualTo("/api/a/c%20d..e%3Ff%23g%252F%3B%C3%A4~.git/");
  }

  @ParameterizedTest
  @CsvSource({"1.50, 1.5", "100.0, 100", "0.30000000000000000001, 0.30000000000000000001", "-0, 0"})
  void numbersAreWrittenInTheirOneWay(String number, String written) {
    assertThat(place(Method.GET, "/{n}", "{\"n\": " + number + "}").target())
        .isEqualTo("/api/" + written);
  }

  @ParameterizedTest
  @CsvSource({
    "https://a.example, /x",
    "https://a.example/, /x",
    "https://a.example/b, /b/x",
    "https://a.example/b/, /b/x",
    "https://a.example/b%20c/d, /b%20c/d/x"
  })
  void thePathOfTheBaseUrlComesFirst(URI base, String target) {
    assertThat(place(base, Method.GET, "/x", "{}").target()).isEqualTo(target);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                 | /parameters/id",
        "{'id': null}       | /parameters/id",
        "{'id': ''}         | /parameters/id",
        "{'id': {}}         | /parameters/id",
        "{'id': [1]}        | /parameters/id",
        "{'id': '..'}       | /parameters",
        "{'id': 'a/b'}      | /parameters/id",
        "{'id': 'a\\\\b'}    | /parameters/id",
        "{'id': 'a\\nb'}     | /parameters/id",
        "{'id': 1, 'q': {}} | /parameters/q",
        "{'id': 1, 'q': [[]]}      | /parameters/q",
        "{'id': 1, 'q/~': [1, {}]} | /parameters/q~1~0",
      },
      quoteCharacter = '`')
  void whatDoesNotFitItsPlaceIsPointedAt(String parameters, String pointer) {
    assertThat(wrong(Method.GET, "/issues/{id}", parameters.replace('\'', '"')))
        .extracting(Problem.FieldError::pointer)
        .containsExactly(pointer);
  }

  @Test
  void allThatIsWrongIsSaidAtOnce() {
    assertThat(wrong(Method.GET, "/{a}/{b}", "{\"q\": {}}"))
        .extracting(Problem.FieldError::pointer)
        .containsExactly("/parameters/a", "/parameters/b", "/parameters/q");
  }

  @Test
  void anAddressHasAnEnd() {
    assertThat(place(Method.GET, "/{a}", "{\"a\": \"" + "x".repeat(7_995) + "\"}").target())
        .hasSize(8_000);
    assertThat(wrong(Method.GET, "/{a}", "{\"a\": \"" + "x".repeat(7_996) + "\"}"))
        .containsExactly(
            new Problem.FieldError("/parameters", "make the address longer than 8000 bytes"));
  }

  @Test
  void whatIsNullIsAbsentAtAnyDepth() {
    var placed =
        place(
            Method.PATCH,
            "/issues/{id}",
            "{\"id\": 7, \"owner\": null, \"at\": {\"a\": null, \"b\": 1},"
                + " \"list\": [null, {\"c\": null}]}");

    assertThat(placed.body()).isEqualTo(json("{\"at\": {\"b\": 1}, \"list\": [null, {}]}"));
  }

  @Test
  void theParametersStayAsTheyAre() {
    var parameters = json("{\"id\": 1, \"title\": \"t\"}");
    var operation = new Operation("any", Method.PUT, "/{id}", ConnectorSpec.Access.WRITE);

    var placed = Placement.of(BASE, operation, parameters);

    assertThat(placed.body()).isEqualTo(json("{\"title\": \"t\"}"));
    assertThat(parameters).isEqualTo(json("{\"id\": 1, \"title\": \"t\"}"));
  }
}
