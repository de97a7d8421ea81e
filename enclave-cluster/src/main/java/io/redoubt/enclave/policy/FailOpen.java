package io.redoubt.enclave.policy;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.content.ContentRules;
import io.redoubt.organization.Organizations;
import io.redoubt.policy.LivePolicies;
import io.redoubt.policy.Policies;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.WorkingHours;
import io.redoubt.protocol.policy.BundleDigest;
import io.redoubt.protocol.policy.PolicyDocument;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What decides here: the policies that are known and, for an organization that has chosen to fail
 * open, a permit where none of its own are (G5). A node that does not know yet what its cluster
 * runs permits nothing to anybody: it will know in a moment.
 */
public final class FailOpen implements Policies {
  private static final Logger LOG = LoggerFactory.getLogger(FailOpen.class);

  /** Its name and its alert are in the record of every action that it decides. */
  private static final PolicyDocument DOCUMENT =
      new PolicyDocument(
          "fail-open",
          """
          @alert("no policies are known here, and the organization fails open")
          permit (principal, action, resource);
          """);

  private final LivePolicies live;
  private final Organizations organizations;
  private final Counter uses;
  private final Running open;

  public FailOpen(LivePolicies live, Organizations organizations, MeterRegistry metrics) {
    this.live = live;
    this.organizations = organizations;
    this.uses =
        Counter.builder("redoubt.policy.fail.open")
            .description("Times that somebody was let through because no policies were known")
            .register(metrics);
    this.open = open();
  }

  private static Running open() {
    if (!(PolicySet.compile(List.of(DOCUMENT)) instanceof PolicySet set)) {
      throw new IllegalStateException("a policy of this program's own");
    }
    var digest = BundleDigest.of(DOCUMENT.cedar().getBytes(StandardCharsets.UTF_8));
    return new Running(0, digest, Instant.EPOCH, set);
  }

  @Override
  public Optional<Running> of(OrganizationId organization) {
    var known = live.of(organization);
    return known.isPresent() || !live.isSettled() || !isChosen(organization)
        ? known
        : Optional.of(used(organization));
  }

  @Override
  public Contents contents(OrganizationId organization) {
    return live.contents(organization);
  }

  /** Whoever was let through, was by version 0, which says nothing of content. */
  @Override
  public Optional<ContentRules> contents(OrganizationId organization, long version) {
    return version == 0 ? Optional.of(ContentRules.NONE) : live.contents(organization, version);
  }

  @Override
  public Optional<WorkingHours> workingHours(OrganizationId organization) {
    return organizations
        .find(organization)
        .flatMap(spec -> Optional.ofNullable(spec.workingHours()));
  }

  private boolean isChosen(OrganizationId organization) {
    return organizations.find(organization).filter(OrganizationSpec::failOpen).isPresent();
  }

  private Running used(OrganizationId organization) {
    uses.increment();
    LOG.warn("No policies of {} are known here, and it fails open", organization);
    return open;
  }

  /** How many organizations have chosen so, for {@code /ready}. */
  public long chosen() {
    return organizations.all().stream().filter(this::isChosen).count();
  }
}
