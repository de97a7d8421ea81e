package io.redoubt.protocol.policy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.ObjectReader;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ApproverGroup;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.SigningKey;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An organization's policy as it was published: what its agents' actions are decided by. Travels as
 * the payload of a JWS of its own type, so that no other signature of the control plane passes for
 * one on a bundle.
 *
 * @param version from 1 on, one more with each publication
 * @param publishedAt in milliseconds
 * @param policies in the order of their names; none: everything is denied
 * @param canaries in the order of their names; all of them must hold wherever the bundle is run
 * @param content what is done about what inspectors find, in the order of their scopes
 * @param workflows in the order of their names: who is asked where policies want an approval
 * @param groups of approvers, in the order of their names
 */
public record Bundle(
    OrganizationId organization,
    long version,
    Instant publishedAt,
    List<PolicyDocument> policies,
    List<Canary> canaries,
    List<ContentDocument> content,
    List<ApprovalWorkflow> workflows,
    List<ApproverGroup> groups) {
  /** Most documents in one bundle. */
  public static final int MAX_POLICIES = 2_000;

  /** Most canaries in one bundle. */
  public static final int MAX_CANARIES = 100;

  /** Most content policies in one bundle. */
  public static final int MAX_CONTENT = 200;

  /** Most workflows in one bundle. */
  public static final int MAX_WORKFLOWS = 100;

  /** Most groups in one bundle. */
  public static final int MAX_GROUPS = 100;

  /** Most bytes in the canonical form. */
  public static final int MAX_BYTES = 4 << 20;

  /** Most characters in the signed form: header, payload in base64 and signature. */
  public static final int MAX_SIGNED_LENGTH = MAX_BYTES / 3 * 4 + 1024;

  /** An unknown field may be a guard that this version does not know how to hold. */
  private static final ObjectReader READER = Json.STRICT.readerFor(Wire.class);

  /**
   * The order of the fields is part of what the digest is taken of. What a bundle does not have is
   * not spelt, so that it is known by the same digest as before there was such a thing.
   */
  @JsonPropertyOrder({
    "organization",
    "version",
    "published_at",
    "policies",
    "canaries",
    "content",
    "workflows",
    "groups"
  })
  private record Wire(
      @Nullable OrganizationId organization,
      long version,
      @Nullable Instant publishedAt,
      @Nullable List<@Nullable PolicyDocument> policies,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) @Nullable List<@Nullable Canary> canaries,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) @Nullable List<@Nullable ContentDocument> content,
      @JsonInclude(JsonInclude.Include.NON_EMPTY)
          @Nullable List<@Nullable ApprovalWorkflow> workflows,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) @Nullable List<@Nullable ApproverGroup> groups) {}

  /** Without canaries. */
  public Bundle(
      OrganizationId organization,
      long version,
      Instant publishedAt,
      List<PolicyDocument> policies) {
    this(organization, version, publishedAt, policies, List.of());
  }

  /** Without content policies and workflows. */
  public Bundle(
      OrganizationId organization,
      long version,
      Instant publishedAt,
      List<PolicyDocument> policies,
      List<Canary> canaries) {
    this(organization, version, publishedAt, policies, canaries, List.of(), List.of());
  }

  /** Without groups. */
  public Bundle(
      OrganizationId organization,
      long version,
      Instant publishedAt,
      List<PolicyDocument> policies,
      List<Canary> canaries,
      List<ContentDocument> content,
      List<ApprovalWorkflow> workflows) {
    this(organization, version, publishedAt, policies, canaries, content, workflows, List.of());
  }

  public Bundle {
    publishedAt = publishedAt.truncatedTo(ChronoUnit.MILLIS);
    policies = policies.stream().sorted(Comparator.comparing(PolicyDocument::name)).toList();
    canaries = canaries.stream().sorted(Comparator.comparing(Canary::name)).toList();
    content = content.stream().sorted(Comparator.comparing(ContentDocument::scope)).toList();
    workflows = workflows.stream().sorted(Comparator.comparing(ApprovalWorkflow::name)).toList();
    groups = groups.stream().sorted(Comparator.comparing(ApproverGroup::name)).toList();
    if (version < 1) {
      throw new IllegalArgumentException("versions begin at 1");
    }
    if (policies.size() > MAX_POLICIES) {
      throw new IllegalArgumentException("a bundle has at most " + MAX_POLICIES + " policies");
    }
    if (policies.stream().map(PolicyDocument::name).distinct().count() < policies.size()) {
      throw new IllegalArgumentException("two policies have the same name");
    }
    if (canaries.size() > MAX_CANARIES) {
      throw new IllegalArgumentException("a bundle has at most " + MAX_CANARIES + " canaries");
    }
    if (canaries.stream().map(Canary::name).distinct().count() < canaries.size()) {
      throw new IllegalArgumentException("two canaries have the same name");
    }
    if (content.size() > MAX_CONTENT) {
      throw new IllegalArgumentException(
          "a bundle has at most " + MAX_CONTENT + " content policies");
    }
    if (content.stream().map(ContentDocument::scope).distinct().count() < content.size()) {
      throw new IllegalArgumentException("two content policies have the same scope");
    }
    if (workflows.size() > MAX_WORKFLOWS) {
      throw new IllegalArgumentException("a bundle has at most " + MAX_WORKFLOWS + " workflows");
    }
    if (workflows.stream().map(ApprovalWorkflow::name).distinct().count() < workflows.size()) {
      throw new IllegalArgumentException("two workflows have the same name");
    }
    if (groups.size() > MAX_GROUPS) {
      throw new IllegalArgumentException("a bundle has at most " + MAX_GROUPS + " groups");
    }
    if (groups.stream().map(ApproverGroup::name).distinct().count() < groups.size()) {
      throw new IllegalArgumentException("two groups have the same name");
    }
  }

  /** The one way in which the bundle is spelt: JSON without spaces, in a fixed order. */
  public byte[] canonical() {
    return Json.write(
        new Wire(
            organization,
            version,
            publishedAt,
            List.copyOf(policies),
            List.copyOf(canaries),
            List.copyOf(content),
            List.copyOf(workflows),
            List.copyOf(groups)));
  }

  public BundleDigest digest() {
    return BundleDigest.of(canonical());
  }

  /** The compact JWS. */
  public String sign(SigningKey key) {
    return Jws.sign(key, Jws.Type.POLICY_BUNDLE, canonical());
  }

  /** Takes a signed bundle apart without believing any of it. */
  public static Optional<Jws> parse(String signed) {
    return Jws.parse(Jws.Type.POLICY_BUNDLE, signed, MAX_SIGNED_LENGTH);
  }

  /**
   * Reads a payload whose signature was verified; empty if it is not a bundle in its canonical
   * form.
   */
  public static Optional<Bundle> read(byte[] payload) {
    if (payload.length > MAX_BYTES) {
      return Optional.empty();
    }
    try {
      @Nullable Wire wire = READER.readValue(payload);
      if (wire == null
          || wire.organization == null
          || wire.publishedAt == null
          || wire.policies == null) {
        return Optional.empty();
      }
      // A null among them is refused by the copy.
      var bundle =
          new Bundle(
              wire.organization,
              wire.version,
              wire.publishedAt,
              List.copyOf(wire.policies),
              wire.canaries == null ? List.of() : List.copyOf(wire.canaries),
              wire.content == null ? List.of() : List.copyOf(wire.content),
              wire.workflows == null ? List.of() : List.copyOf(wire.workflows),
              wire.groups == null ? List.of() : List.copyOf(wire.groups));
      return Arrays.equals(bundle.canonical(), payload) ? Optional.of(bundle) : Optional.empty();
    } catch (IOException | IllegalArgumentException | NullPointerException _) {
      return Optional.empty();
    }
  }
}
