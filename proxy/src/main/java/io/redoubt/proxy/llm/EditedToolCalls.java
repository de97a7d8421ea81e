package io.redoubt.proxy.llm;

import io.redoubt.agent.AgentKey;
import io.redoubt.approval.CallEditor;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.proxy.decide.ChangedCalls;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.JsonInspection;
import io.redoubt.proxy.llm.reply.ProposedCall;
import io.redoubt.proxy.llm.reply.ProposedCall.Executor;
import java.net.InetAddress;
import java.time.InstantSource;

/** Reads changed tool calls as proposed ones. */
public final class EditedToolCalls implements ChangedCalls.Reader {
  private final JsonInspection.Limits inspection;
  private final InstantSource clock;

  public EditedToolCalls(LlmConfig config, InstantSource clock) {
    this.inspection = config.inspection().limits();
    this.clock = clock;
  }

  @Override
  public ChangedCalls.Reading read(
      AgentKey agent, CallEditor.Change change, InetAddress source, Inspector inspector) {
    var instead = change.instead();
    var proposed =
        new ProposedCall("", change.original().resource(), instead, Executor.AGENT, null);
    var call =
        ToolCall.of(
            ActionId.next(clock), clock.instant(), proposed, instead, inspector, inspection);
    return new ChangedCalls.Read(call.action(source), call.found(), instead.values());
  }
}
