package io.redoubt.controlplane.agent;

import com.fasterxml.jackson.annotation.JsonFormat;
import io.redoubt.controlplane.budget.BudgetTerms;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.protocol.text.PlainText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The body of a POST or PATCH. What is left out of a PATCH stays as it is.
 *
 * @param clientCidr a lone text is taken as a list of one
 */
record AgentBody(
    @Nullable String name,
    @Nullable String description,
    @Nullable Map<String, @Nullable String> labels,
    @Nullable MemberId owner,
    @Nullable EnclaveId enclaveId,
    @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        @Nullable List<@Nullable String> clientCidr,
    @Nullable IntentBody intent,
    @Nullable BudgetTerms budget,
    @Nullable ModelsBody models,
    @Nullable Integer approvalLimit,
    @Nullable Boolean mayBringCredential) {

  record IntentBody(
      @Nullable List<@Nullable String> connectors,
      @Nullable List<@Nullable String> operations,
      @Nullable List<@Nullable String> models,
      @Nullable List<@Nullable String> hosts) {}

  record ModelsBody(
      @Nullable List<@Nullable String> allow, @Nullable List<@Nullable String> block) {}

  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,62}");
  private static final int MAX_LABELS = 32;
  private static final int MAX_LABEL_VALUE = 200;
  private static final int MAX_LIST = 100;
  private static final int MAX_ENTRY = 200;

  /** Everything that is wrong with it, whether it makes an agent or changes one. */
  void check(Checks checks, boolean makesOne) {
    if (makesOne || name != null) {
      checks.handle("/name", name);
    }
    checks.text("/description", description, 2000);
    checkLabels(checks);
    checkCidr(checks);
    if (intent != null) {
      checks.list("/intent/connectors", intent.connectors, MAX_LIST, MAX_ENTRY);
      checks.list("/intent/operations", intent.operations, MAX_LIST, MAX_ENTRY);
      checks.list("/intent/models", intent.models, MAX_LIST, MAX_ENTRY);
      checks.list("/intent/hosts", intent.hosts, MAX_LIST, MAX_ENTRY);
    }
    if (models != null) {
      checks.list("/models/allow", models.allow, MAX_LIST, MAX_ENTRY);
      checks.list("/models/block", models.block, MAX_LIST, MAX_ENTRY);
    }
    if (budget != null) {
      budget.check(checks);
    }
    checks.require(
        approvalLimit == null || (approvalLimit >= 0 && approvalLimit <= 1000),
        "/approval_limit",
        "is 0 to 1000");
  }

  private void checkLabels(Checks checks) {
    if (labels == null) {
      return;
    }
    checks.require(labels.size() <= MAX_LABELS, "/labels", "has at most 32 entries");
    labels.entrySet().stream()
        .limit(MAX_LABELS)
        .forEach(label ->
            checks.require(
                LABEL.matcher(label.getKey()).matches()
                    && label.getValue() != null
                    && PlainText.fits(label.getValue(), MAX_LABEL_VALUE),
                "/labels/" + label.getKey().replace("~", "~0").replace("/", "~1"),
                "has a name of 1 to 63 letters, digits, dots, dashes, underscores and slashes,"
                    + " and a value of at most 200 characters"));
  }

  private void checkCidr(Checks checks) {
    if (clientCidr == null) {
      return;
    }
    checks.require(clientCidr.size() <= MAX_LIST, "/client_cidr", "has at most 100 entries");
    for (int i = 0; i < Math.min(clientCidr.size(), MAX_LIST); i++) {
      checks.require(
          cidr(clientCidr.get(i)).isPresent(),
          "/client_cidr/" + i,
          "is not an address block such as 10.0.0.0/8 or 2001:db8::/32");
    }
  }

  private static Optional<Cidr> cidr(@Nullable String text) {
    try {
      return Optional.of(Cidr.parse(text));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /** The profile of a new agent; checked before. */
  AgentProfile profile(MemberId stampedOwner) {
    var nothing =
        new AgentProfile(
            Objects.requireNonNull(name, "checked before"),
            "",
            Map.of(),
            stampedOwner,
            List.of(),
            AgentProfile.Intent.NONE,
            BudgetTerms.NONE,
            ModelAccess.ANY,
            null,
            false);
    return over(nothing, stampedOwner);
  }

  /** The profile with everything in it that this body says; checked before. */
  AgentProfile over(AgentProfile before, MemberId newOwner) {
    return new AgentProfile(
        name == null ? before.name() : name,
        description == null ? before.description() : description,
        labels == null ? before.labels() : Map.copyOf(nonNullValues(labels)),
        newOwner,
        clientCidr == null
            ? before.clientCidr()
            : clientCidr.stream().flatMap(text -> cidr(text).stream()).toList(),
        intent == null
            ? before.intent()
            : new AgentProfile.Intent(
                entries(intent.connectors),
                entries(intent.operations),
                entries(intent.models),
                entries(intent.hosts)),
        budget == null ? before.budget() : budget,
        models == null
            ? before.models()
            : new ModelAccess(entries(models.allow), entries(models.block)),
        approvalLimit == null ? before.approvalLimit() : approvalLimit,
        mayBringCredential == null ? before.mayBringCredential() : mayBringCredential);
  }

  private static Map<String, String> nonNullValues(Map<String, @Nullable String> labels) {
    var all = new HashMap<String, String>();
    labels.forEach((key, value) -> {
      if (value != null) {
        all.put(key, value);
      }
    });
    return all;
  }

  private static List<String> entries(@Nullable List<@Nullable String> values) {
    var all = new ArrayList<String>();
    if (values != null) {
      values.forEach(value -> {
        if (value != null) {
          all.add(value);
        }
      });
    }
    return all;
  }
}
