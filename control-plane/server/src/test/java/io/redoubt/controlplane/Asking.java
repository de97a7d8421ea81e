package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An organization whose agent asks for approvals, as its enclave reports them. */
record Asking(Tenant tenant, EnclaveClient enclave, AgentId agent) {
  static Asking of(TestServer server) {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    var agent = AgentId.parse(tenant.newAgent("builder"));
    return new Asking(tenant, enclave.connect(), agent);
  }

  /** A request that people are to decide. */
  ApprovalView asks(@Nullable String arguments) {
    var view = view(ApprovalId.next(tenant.server().clock), arguments);
    report(view);
    return view;
  }

  ApprovalView view(ApprovalId id, @Nullable String arguments) {
    var now = tenant.server().clock.instant();
    return new ApprovalView(
        id,
        ApprovalStatus.PENDING,
        agent,
        null,
        Plane.TOOL,
        "tool:call",
        null,
        "transfer <!channel> " + id,
        arguments == null ? null : read(arguments),
        id.uuid().toString().replace("-", ""),
        ActionId.next(tenant.server().clock),
        List.of("ask-for-transfers"),
        "default",
        1,
        35,
        List.of(),
        0,
        now,
        now.plusSeconds(900),
        null,
        1,
        List.of());
  }

  /** The same about a call that may be changed. */
  ApprovalView asksChangeable(String arguments) {
    return asksWith(arguments, view -> view.put("editable", true));
  }

  /** The same about a call of which nothing is told but why it is asked about. */
  ApprovalView asksBecause(String riskReason, String finding) {
    return asksWith(
        null,
        view -> {
          view.putArray("risk_reasons").add(riskReason);
          view.putArray("findings").add(finding);
        });
  }

  /** The same, wanted by policies that say so. */
  ApprovalView asksInWords(String arguments, String... texts) {
    return asksWith(
        arguments,
        view -> {
          var clauses = view.putArray("clauses");
          for (var text : texts) {
            clauses.addObject().put("policy", "ask-" + clauses.size()).put("text", text);
          }
        });
  }

  /** The same about another call of the turn that those came of. */
  ApprovalView asksBeside(ApprovalId... others) {
    return asksWith(
        "{}",
        view -> {
          var related = view.putArray("related");
          for (var other : others) {
            related.add(other.toString());
          }
        });
  }

  /** The same with an excerpt of what the model is asked. */
  ApprovalView asksModel(String user) {
    return asksWith(
        null,
        view -> {
          var prompt = view.putObject("prompt").put("messages", 7).put("system", "Be brief.");
          prompt.put("user", user).put("bytes", 70_000);
          prompt.putArray("tools").add("transfer");
          prompt.putArray("cut").add("user");
        });
  }

  /** It was changed, and what stands in its place is used at once: the enclave reports both. */
  ApprovalView isChanged(ApprovalView original, String by, String... changes) {
    var instead = view(ApprovalId.next(tenant.server().clock), "{\"amount\": 4}");
    report(
        later(original, ApprovalStatus.EDITED, 1, List.of()),
        view -> edit(view.putObject("edited_to"), instead, by, changes));
    return report(
        later(instead, ApprovalStatus.CONSUMED, 1, List.of()),
        view -> edit(view.putObject("edit_of"), original, by, changes));
  }

  private static void edit(ObjectNode edit, ApprovalView other, String by, String... changes) {
    edit.put("approval", other.id().toString())
        .put("action_digest", other.actionDigest())
        .put("by", by);
    for (var change : changes) {
      edit.withArray("changes").add(change);
    }
  }

  private ApprovalView asksWith(@Nullable String arguments, Consumer<ObjectNode> more) {
    return report(view(ApprovalId.next(tenant.server().clock), arguments), more);
  }

  private ApprovalView report(ApprovalView base, Consumer<ObjectNode> more) {
    ObjectNode view = Json.LENIENT.valueToTree(base);
    more.accept(view);
    try {
      var read = Json.LENIENT.treeToValue(view, ApprovalView.class);
      report(read);
      return read;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Asks for the same call as before. */
  ApprovalView asksAgain(ApprovalView before) {
    return asksDigest(before.actionDigest());
  }

  ApprovalView asksDigest(String digest) {
    return asksWith("{}", view -> view.put("action_digest", digest));
  }

  /** The same about a call whose arguments the enclave does not tell, since they are too large. */
  ApprovalView asksWithheld() {
    var view = view(ApprovalId.next(tenant.server().clock), null).withheld();
    report(view);
    return view;
  }

  private static JsonNode read(String arguments) {
    try {
      return Json.LENIENT.readTree(arguments);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** The same a step later. */
  static ApprovalView later(
      ApprovalView view, ApprovalStatus status, int tier, List<ApprovalView.Vote> votes) {
    return new ApprovalView(
        view.id(),
        status,
        view.agentId(),
        view.owner(),
        view.plane(),
        view.operation(),
        view.within(),
        view.resource(),
        status == ApprovalStatus.PENDING ? view.arguments() : null,
        view.actionDigest(),
        view.actionId(),
        view.policyIds(),
        view.workflow(),
        tier,
        view.riskScore(),
        votes,
        status == ApprovalStatus.APPROVED ? 1 : 0,
        view.askedAt(),
        status == ApprovalStatus.PENDING ? view.expiresAt() : null,
        status == ApprovalStatus.PENDING ? null : view.askedAt().plusSeconds(1),
        view.version() + 1,
        view.related());
  }

  /** The same about another thing. */
  static ApprovalView named(ApprovalView view, String resource) {
    return new ApprovalView(
        view.id(),
        view.status(),
        view.agentId(),
        view.owner(),
        view.plane(),
        view.operation(),
        view.within(),
        resource,
        view.arguments(),
        view.actionDigest(),
        view.actionId(),
        view.policyIds(),
        view.workflow(),
        view.tier(),
        view.riskScore(),
        view.votes(),
        view.usesLeft(),
        view.askedAt(),
        view.expiresAt(),
        view.decidedAt(),
        view.version() + 1,
        view.related());
  }

  static ApprovalView.Vote vote(ApprovalView view, String by, ApprovalView.Decision decision) {
    return new ApprovalView.Vote(
        by, "slack", decision, "looks right", view.workflow(), view.tier(), view.askedAt());
  }

  void report(ApprovalView view) {
    var reply = enclave.report(EnclaveClient.json(new LinkReport.ApprovalSeen(tenant.id(), view)));
    assertThat(reply.status()).as(reply.text()).isEqualTo(204);
  }

  List<CommandEnvelope> decisions(ApprovalId id) {
    return enclave.commands.stream()
        .filter(
            c -> c.command() instanceof LinkCommand.DecideApproval it && it.approvalId().equals(id))
        .toList();
  }

  /** What is on record of it, once it is. */
  JsonNode recorded(String operation, ApprovalId id) {
    return await()
        .until(
            () ->
                tenant.audit("&operation=" + operation).stream()
                    .filter(record -> record.path("approval_id").asText().equals(id.toString()))
                    .toList(),
            found -> !found.isEmpty())
        .getFirst();
  }

  CommandEnvelope heard(ApprovalId id) {
    return heard(id, 1);
  }

  /** The decision of that number about a request, once it has reached the enclave. */
  CommandEnvelope heard(ApprovalId id, int which) {
    return await()
        .until(
            () -> {
              enclave.listenOn();
              return decisions(id);
            },
            found -> found.size() >= which)
        .get(which - 1);
  }

  /** The enclave cannot carry it out. */
  void reject(CommandEnvelope command, String why) {
    var report = new LinkReport.Rejected(command.number(), why);
    var reply = enclave.report(EnclaveClient.json(report));
    assertThat(reply.status()).as(reply.text()).isEqualTo(204);
  }

  void answer(CommandEnvelope command, LinkReport.Hearing outcome, ApprovalView view) {
    var reply =
        enclave.report(
            EnclaveClient.json(
                new LinkReport.ApprovalVoted(
                    tenant.id(), view.id(), command.number(), outcome, view)));
    assertThat(reply.status()).as(reply.text()).isEqualTo(204);
  }

  /** A new member with a role. */
  String member(String name, String role) {
    var reply =
        tenant
            .owner()
            .post(
                "/api/v1/iam/members",
                "{\"name\": \"%s\", \"roles\": [\"%s\"]}".formatted(name, role));
    assertThat(reply.status()).as(reply.text()).isEqualTo(201);
    return Objects.requireNonNull(reply.text("/id"));
  }
}
