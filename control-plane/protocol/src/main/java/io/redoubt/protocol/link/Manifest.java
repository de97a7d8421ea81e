package io.redoubt.protocol.link;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an agent is meant to do. A list that is empty says nothing; a {@code *} at the end of an
 * entry stands for anything.
 *
 * @param connectors connectors and MCP servers
 * @param operations tools by their name, and {@code connector/operation} or {@code server/tool}
 * @param hosts by name, or {@code name:port}
 */
public record Manifest(
    List<String> connectors, List<String> operations, List<String> models, List<String> hosts) {
  /** Says nothing. */
  public static final Manifest NONE = new Manifest(List.of(), List.of(), List.of(), List.of());

  /** Equal to one that says nothing, which is not written down: so it was before there were any. */
  static final class Unsaid {
    @Override
    public boolean equals(@Nullable Object other) {
      return other == null || NONE.equals(other);
    }

    @Override
    public int hashCode() {
      return NONE.hashCode();
    }
  }

  @SuppressWarnings("ConstantValue") // what was written before there were manifests has none
  public Manifest {
    connectors = copy(connectors);
    operations = copy(operations);
    models = copy(models);
    hosts = copy(hosts);
  }

  private static List<String> copy(@Nullable List<String> given) {
    return given == null ? List.of() : List.copyOf(given);
  }

  public boolean foreseesModel(String name) {
    return models.isEmpty() || names(models, name);
  }

  /** A tool that a model's reply proposes. */
  public boolean foreseesOperation(String tool) {
    return operations.isEmpty() || names(operations, tool);
  }

  /** An operation of a connector, or a tool of an MCP server. */
  public boolean foreseesOperation(String within, String name) {
    return (connectors.isEmpty() && operations.isEmpty())
        || names(connectors, within)
        || names(operations, within + '/' + name);
  }

  public boolean foreseesHost(String name, int port) {
    return hosts.isEmpty() || names(hosts, name) || names(hosts, name + ':' + port);
  }

  private static boolean names(List<String> entries, String name) {
    return entries.stream()
        .anyMatch(entry ->
            entry.endsWith("*")
                ? name.startsWith(entry.substring(0, entry.length() - 1))
                : name.equals(entry));
  }
}
