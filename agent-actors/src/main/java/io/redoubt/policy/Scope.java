package io.redoubt.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Whom, what and where a policy is about: the part in front of its conditions. */
record Scope(Constraint principal, Set<PolicyAction> actions, Constraint resource) {
  /** That of a policy which is about everybody and everything. */
  static final Scope ANYTHING =
      new Scope(
          new Constraint(null, null, null),
          EnumSet.allOf(PolicyAction.class),
          new Constraint(null, null, null));

  /** An entity as policies write it, {@code type::"id"}. */
  record Entity(String type, String id) {
    static Entity of(JsonNode node) {
      return new Entity(node.path("type").asText(), node.path("id").asText());
    }
  }

  /** An entity of a request and what it is in. */
  record Target(Entity entity, List<Entity> parents) {
    boolean isIn(Entity other) {
      return entity.equals(other) || parents.contains(other);
    }
  }

  /**
   * What a principal or resource must be.
   *
   * @param is the type it must have; null: any
   * @param equal the entity it must be; null: any
   * @param in the entity it must be or be in; null: any
   */
  record Constraint(@Nullable String is, @Nullable Entity equal, @Nullable Entity in) {
    static Constraint of(JsonNode node) {
      var op = node.path("op").asText();
      return switch (op) {
        case "All" -> new Constraint(null, null, null);
        case "==" -> new Constraint(null, Entity.of(node.path("entity")), null);
        case "in" -> new Constraint(null, null, Entity.of(node.path("entity")));
        case "is" -> {
          var in = node.path("in").path("entity");
          yield new Constraint(
              node.path("entity_type").asText(), null, in.isObject() ? Entity.of(in) : null);
        }
        default -> throw new IllegalArgumentException("a scope with " + op);
      };
    }

    boolean matches(Target target) {
      return (is == null || is.equals(target.entity().type()))
          && (equal == null || equal.equals(target.entity()))
          && (in == null || target.isIn(in));
    }

    /** Whether it surely matches whatever the other matches. */
    boolean covers(Constraint other) {
      var one = other.equal;
      return (is == null || is.equals(other.is) || (one != null && is.equals(one.type())))
          && (equal == null || equal.equals(one))
          && (in == null || in.equals(other.in) || in.equals(one));
    }

    /** The entity under which it is found; null: it may match anything. */
    @Nullable Entity key() {
      return equal != null ? equal : in;
    }

    boolean any() {
      return key() == null;
    }
  }

  static Scope of(JsonNode policy) {
    return new Scope(
        Constraint.of(policy.path("principal")),
        actions(policy.path("action")),
        Constraint.of(policy.path("resource")));
  }

  private static Set<PolicyAction> actions(JsonNode node) {
    if (node.path("op").asText().equals("All")) {
      return EnumSet.allOf(PolicyAction.class);
    }
    var actions = EnumSet.noneOf(PolicyAction.class);
    var entities = node.has("entities") ? node.path("entities") : List.of(node.path("entity"));
    StreamSupport.stream(entities.spliterator(), false)
        .map(Entity::of)
        .filter(each -> each.type().equals("Action"))
        .forEach(each -> PolicyAction.of(each.id()).ifPresent(actions::add));
    return actions;
  }

  /** Whether it surely matches whatever the other matches. */
  boolean covers(Scope other) {
    return actions.containsAll(other.actions)
        && principal.covers(other.principal)
        && resource.covers(other.resource);
  }

  boolean matches(PolicyAction action, Target principal, Target resource) {
    return actions.contains(action)
        && this.principal.matches(principal)
        && this.resource.matches(resource);
  }
}
