package io.redoubt.cli.output;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.command.StandardOutput;
import io.redoubt.protocol.json.Json;
import java.io.PrintWriter;
import java.util.List;
import java.util.function.Supplier;

/** Answers go to standard output and nothing else does, so that programs can read them. */
public final class Output {
  private final PrintWriter out;
  private final Format format;

  public Output(PrintWriter out, Format format) {
    this.out = out;
    this.format = format;
  }

  public boolean isJson() {
    return format == Format.JSON;
  }

  /** The document itself for programs, the table for people. */
  public void show(JsonNode document, Supplier<Table> table) {
    if (isJson()) {
      json(document);
    } else {
      table.get().print(out);
      StandardOutput.requireWritten(out);
    }
  }

  /** The items for programs, in the API's own form of a list; the table for people. */
  public void list(List<JsonNode> items, Supplier<Table> table) {
    ObjectNode document = Json.LENIENT.createObjectNode();
    document.putArray("items").addAll(items);
    show(document, table);
  }

  /** The document for programs, a sentence for people. */
  public void say(JsonNode document, String sentence) {
    if (isJson()) {
      json(document);
    } else {
      line(sentence);
    }
  }

  public void line(String text) {
    out.println(text);
    StandardOutput.requireWritten(out);
  }

  /** A line of a stream of them, which ends where nobody reads on. */
  public void streamed(String text) {
    out.println(text);
    StandardOutput.requireReader(out);
  }

  /** One document over several lines. */
  public void json(JsonNode document) {
    line(document.toPrettyString());
  }

  /** One document on one line, for streams of them. */
  public void jsonLine(JsonNode document) {
    try {
      streamed(Json.LENIENT.writeValueAsString(document));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a document that was read can be written", e);
    }
  }
}
