package io.redoubt.cli.agent;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.cli.budget.BudgetOptions;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an agent is created with; what is absent the server decides. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NewAgent(
    String name,
    @Nullable String description,
    @Nullable Map<String, String> labels,
    @Nullable String owner,
    @Nullable String enclaveId,
    @Nullable List<String> clientCidr,
    @Nullable Models models,
    BudgetOptions.@Nullable Limits budget) {

  /** Models the agent may and may not use, as patterns. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Models(@Nullable List<String> allow, @Nullable List<String> block) {}

  /**
   * An agent with nothing but a name.
   *
   * @param enclaveId null: the only one there is
   */
  public static NewAgent named(String name, @Nullable String enclaveId) {
    return new NewAgent(name, null, null, null, enclaveId, null, null, null);
  }
}
