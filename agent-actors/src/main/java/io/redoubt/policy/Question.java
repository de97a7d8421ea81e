package io.redoubt.policy;

import com.cedarpolicy.model.AuthorizationRequest;
import com.cedarpolicy.model.entity.Entity;
import com.cedarpolicy.value.CedarList;
import com.cedarpolicy.value.CedarMap;
import com.cedarpolicy.value.DateTime;
import com.cedarpolicy.value.EntityTypeName;
import com.cedarpolicy.value.EntityUID;
import com.cedarpolicy.value.IpAddress;
import com.cedarpolicy.value.PrimLong;
import com.cedarpolicy.value.PrimString;
import com.cedarpolicy.value.Value;
import io.redoubt.policy.ArgumentType.Mismatch;
import io.redoubt.policy.Scope.Target;
import io.redoubt.protocol.audit.DeclaredTools;
import java.net.InetAddress;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A request in Cedar's terms. */
final class Question {
  /** Those of the vocabulary alone: parsing one is a call into native code. */
  private static final Map<String, EntityTypeName> TYPES = new ConcurrentHashMap<>();

  /** An argument that is not there; the outcomes of tests are not negative. */
  private static final Long ABSENT = -1L;

  /** Characters of declared tools beyond which an answer is not remembered: agents name them. */
  private static final int MAX_REMEMBERED = 4_096;

  private final PolicyRequest request;
  private final ArgumentType.Struct arguments;
  private final Target principal;
  private final Target resource;
  private @Nullable Entity agent;
  private @Nullable Entity target;

  Question(PolicyRequest request, ArgumentType.Struct arguments) {
    this.request = request;
    this.arguments = arguments;
    this.principal = target(request.subject());
    this.resource = target(request.resource());
  }

  PolicyAction action() {
    return request.action();
  }

  Target principal() {
    return principal;
  }

  Target resource() {
    return resource;
  }

  private static Target target(Subject subject) {
    var parents = new ArrayList<Scope.Entity>(1 + subject.labels().size());
    parents.add(new Scope.Entity(Vocabulary.ORGANIZATION, subject.organization().toString()));
    subject
        .labels()
        .forEach((key, value) ->
            parents.add(new Scope.Entity(Vocabulary.AGENT_GROUP, key + "=" + value)));
    return new Target(new Scope.Entity(Vocabulary.AGENT, subject.id().toString()), parents);
  }

  private static Target target(PolicyResource resource) {
    var id = resource.id();
    return switch (resource) {
      case PolicyResource.Model(var provider, _) ->
          target(Vocabulary.MODEL, id, Vocabulary.PROVIDER, provider);
      case PolicyResource.Tool _ -> new Target(new Scope.Entity(Vocabulary.TOOL, id), List.of());
      case PolicyResource.McpTool(var server, _) ->
          target(Vocabulary.MCP_TOOL, id, Vocabulary.MCP_SERVER, server);
      case PolicyResource.Operation(var connector, _) ->
          target(Vocabulary.OPERATION, id, Vocabulary.CONNECTOR, connector);
      case PolicyResource.Host _ -> new Target(new Scope.Entity(Vocabulary.HOST, id), List.of());
    };
  }

  private static Target target(String type, String id, String parentType, String parent) {
    return new Target(new Scope.Entity(type, id), List.of(new Scope.Entity(parentType, parent)));
  }

  /**
   * All that policies look at of which answers {@linkplain Consulted#repeats() repeat}: where it is
   * equal, so is their answer. Null: it is not worth remembering.
   */
  @Nullable List<@Nullable Object> key(Consulted consulted) {
    if (consulted.context().contains("tools") && isLarge(request.facts().tools())) {
      return null;
    }
    var facts = request.facts();
    var context = consulted.context();
    var told = told(consulted);
    if (told == null) {
      return null;
    }
    return Arrays.asList(
        told,
        consulted.principal() ? request.subject() : null,
        consulted.action() ? request.action() : null,
        consulted.resource() ? request.resource() : null,
        context.contains("findings") ? facts.findings() : null,
        context.contains("risk") ? facts.risk() : null,
        context.contains("source_ip") ? facts.source() : null,
        context.contains("tools") ? facts.tools() : null,
        context.contains("estimate") ? facts.estimate() : null,
        context.contains("approval") ? facts.approval() : null);
  }

  /** How the arguments come off; null: one of them is not what it is taken for. */
  private @Nullable List<Long> told(Consulted consulted) {
    if (consulted.args().isEmpty()) {
      return List.of();
    }
    var values = request.facts().args().values();
    var all = new ArrayList<Long>(consulted.told().size());
    for (var each : consulted.told().entrySet()) {
      var value = values.get(each.getKey());
      if (value == null || value.isNull()) {
        all.add(ABSENT);
        continue;
      }
      var type = arguments.attributes().get(each.getKey());
      boolean fits =
          type instanceof ArgumentType.Text
              ? TextTest.isText(value)
              : type instanceof ArgumentType.Presence;
      if (!fits) {
        return null;
      }
      long outcomes = 0;
      for (var test : each.getValue()) {
        outcomes = outcomes << 1 | (test.holds(value.textValue()) ? 1 : 0);
      }
      all.add(outcomes);
    }
    return all;
  }

  private static boolean isLarge(@Nullable DeclaredTools tools) {
    return tools != null && length(tools.names()) + length(tools.provider()) > MAX_REMEMBERED;
  }

  private static int length(@Nullable List<String> texts) {
    return texts == null ? 0 : texts.stream().mapToInt(String::length).sum();
  }

  /** The request, with as much of the context as such policies look at. */
  AuthorizationRequest authorization(Consulted consulted) throws Mismatch {
    return new AuthorizationRequest(
        uid(principal.entity()),
        Vocabulary.uid(request.action()),
        uid(resource.entity()),
        context(consulted));
  }

  /**
   * The entities that a request is about, as far as such policies look at them: each of them costs
   * more than a condition does. What they are in has nothing to look at.
   */
  Set<Entity> entities(Consulted consulted) {
    var entities = new HashSet<Entity>(2);
    if (consulted.principal()) {
      agent = agent == null ? entity(principal, agentAttributes(), tags()) : agent;
      entities.add(agent);
    }
    if (consulted.resource()) {
      target = target == null ? entity(resource, named(), Map.of()) : target;
      entities.add(target);
    }
    return entities;
  }

  private Map<String, Value> agentAttributes() {
    var attributes = new HashMap<String, Value>();
    attributes.put("name", new PrimString(request.subject().name()));
    var owner = request.subject().owner();
    if (owner != null) {
      attributes.put("owner", new PrimString(owner));
    }
    return attributes;
  }

  private Map<String, Value> tags() {
    return request.subject().labels().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, each -> new PrimString(each.getValue())));
  }

  private Map<String, Value> named() {
    return switch (request.resource()) {
      case PolicyResource.Model(_, var name) -> Map.of("name", new PrimString(name));
      case PolicyResource.Tool(var name) -> Map.of("name", new PrimString(name));
      case PolicyResource.McpTool(_, var name) -> Map.of("name", new PrimString(name));
      case PolicyResource.Operation(_, var name) -> Map.of("name", new PrimString(name));
      case PolicyResource.Host(var name, var port) ->
          Map.of("name", new PrimString(name), "port", new PrimLong(port));
    };
  }

  private static Entity entity(
      Target target, Map<String, Value> attributes, Map<String, Value> tags) {
    return new Entity(
        uid(target.entity()),
        attributes,
        target.parents().stream().map(Question::uid).collect(Collectors.toSet()),
        tags);
  }

  private static EntityUID uid(Scope.Entity entity) {
    return TYPES
        .computeIfAbsent(entity.type(), type -> EntityTypeName.parse(type).orElseThrow())
        .of(entity.id());
  }

  private Map<String, Value> context(Consulted consulted) throws Mismatch {
    var context = new HashMap<String, Value>();
    for (var attribute : consulted.context()) {
      var value =
          switch (attribute) {
            case "args" -> args(consulted.args());
            case "session" -> session(consulted.counts());
            default -> fact(attribute, request.facts());
          };
      if (value != null) {
        context.put(attribute, value);
      }
    }
    return context;
  }

  private Value args(Set<String> names) throws Mismatch {
    var wanted = new HashMap<>(arguments.attributes());
    wanted.keySet().retainAll(names);
    return new ArgumentType.Struct(wanted).convert(request.facts().args().values(), "");
  }

  private static @Nullable Value fact(String attribute, Facts facts) {
    return switch (attribute) {
      case "findings" -> facts.findings() == null ? null : texts(facts.findings());
      case "risk" -> facts.risk() == null ? null : new PrimLong(facts.risk());
      case "time" -> time(facts.time());
      case "source_ip" -> new IpAddress(address(facts.source()));
      case "tools" -> facts.tools() == null ? null : tools(facts.tools());
      case "estimate" -> facts.estimate() == null ? null : estimate(facts.estimate());
      case "approval" -> facts.approval() == null ? null : approval(facts.approval());
      default -> null;
    };
  }

  /** Without the interface that a link-local address may name. */
  private static String address(InetAddress source) {
    var text = source.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }

  private @Nullable Value session(Set<Tally> counts) {
    var session = request.facts().session();
    if (session == null) {
      return null;
    }
    var now = request.facts().time();
    return new CedarMap(
        Map.of(
            "actions", new PrimLong(session.acts().size()),
            "denials", new PrimLong(session.denials()),
            "operations", texts(session.operations()),
            "counts",
                new CedarMap(
                    counts.stream()
                        .collect(
                            Collectors.<Tally, String, Value>toMap(
                                Tally::text, each -> new PrimLong(session.count(each, now)))))));
  }

  private static Value tools(DeclaredTools tools) {
    var known = new HashMap<String, Value>();
    if (tools.names() != null) {
      known.put("names", texts(tools.names()));
    }
    if (tools.provider() != null) {
      known.put("provider", texts(tools.provider()));
    }
    return new CedarMap(known);
  }

  private static Value estimate(Facts.Estimate estimate) {
    var known = new HashMap<String, Value>();
    known.put("tokens", new PrimLong(estimate.tokens()));
    if (estimate.cents() != null) {
      known.put("cents", new PrimLong(estimate.cents()));
    }
    return new CedarMap(known);
  }

  private static Value approval(Facts.Approval approval) {
    return new CedarMap(
        Map.of(
            "tier", new PrimLong(approval.tier()),
            "by", texts(approval.by()),
            "at", time(approval.at())));
  }

  /** Cedar has milliseconds, always three digits of them. */
  private static Value time(Instant time) {
    var millis = time.truncatedTo(ChronoUnit.MILLIS);
    var text = DateTimeFormatter.ISO_INSTANT.format(millis);
    return new DateTime(text.contains(".") ? text : text.replace("Z", ".000Z"));
  }

  private static CedarList texts(Collection<String> texts) {
    return new CedarList(texts.stream().<Value>map(PrimString::new).toList());
  }
}
