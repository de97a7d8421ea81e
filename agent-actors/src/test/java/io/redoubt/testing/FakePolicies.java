package io.redoubt.testing;

import io.redoubt.content.ContentRules;
import io.redoubt.policy.Policies;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.PolicySet;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.WorkingHours;
import io.redoubt.protocol.policy.BundleDigest;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.PolicyDocument;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The same policies for every organization: the starter, until a test says otherwise. */
public final class FakePolicies implements Policies {
  private static final Running STARTER = running(1, List.of(), Starter.DOCUMENT);

  private volatile Optional<Running> running = Optional.of(STARTER);
  private volatile @Nullable Running next;
  private volatile @Nullable WorkingHours hours;

  @Override
  public Optional<Running> of(OrganizationId organization) {
    var now = running;
    var then = next;
    if (then != null) {
      running = Optional.of(then);
      next = null;
    }
    return now;
  }

  @Override
  public Contents contents(OrganizationId organization) {
    return running.map(Running::contents).orElse(Contents.NONE);
  }

  /** Of any version: fake agents decide by one of their own. */
  @Override
  public Optional<ContentRules> contents(OrganizationId organization, long version) {
    return Optional.of(contents(organization).rules());
  }

  @Override
  public Optional<WorkingHours> workingHours(OrganizationId organization) {
    return Optional.ofNullable(hours);
  }

  /** From now on every organization says that its people are at work then. */
  public void work(WorkingHours then) {
    hours = then;
  }

  /** From now on these decide. */
  public void run(long version, PolicyDocument... documents) {
    running = Optional.of(running(version, List.of(), documents));
  }

  /** These decide from the second question on: as if another thread put them there between. */
  public void runFromSecondQuestion(long version, PolicyDocument... documents) {
    next = running(version, List.of(), documents);
  }

  /** From now on the starter decides, and these say what is done about findings. */
  public void runContent(long version, ContentDocument... content) {
    running = Optional.of(running(version, List.of(content), Starter.DOCUMENT));
  }

  /** No policies are known. */
  public void lose() {
    running = Optional.empty();
  }

  /** The starter again. */
  public void clear() {
    next = null;
    hours = null;
    running = Optional.of(STARTER);
  }

  private static Running running(
      long version, List<ContentDocument> content, PolicyDocument... documents) {
    return switch (PolicySet.compile(List.of(documents), content)) {
      case PolicySet set ->
          new Running(
              version,
              BundleDigest.of(List.of(documents).toString().getBytes(StandardCharsets.UTF_8)),
              Instant.EPOCH,
              set);
      case PolicyProblems problems -> throw new AssertionError(problems);
    };
  }
}
