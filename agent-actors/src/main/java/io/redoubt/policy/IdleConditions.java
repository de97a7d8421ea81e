package io.redoubt.policy;

/** Conditions that can be evaluated and never say anything: a guard that never stands. */
public final class IdleConditions {
  private IdleConditions() {}

  /**
   * The same, unless there are such in it beside the floor's: then the problems. Asked of a draft
   * alone: what was published before somebody looked for them, goes on deciding.
   */
  public static Compilation tried(Compilation compilation) {
    return switch (compilation) {
      case PolicyProblems problems -> problems;
      case PolicySet set -> {
        var idle = set.idle().stream().filter(it -> !Floor.isOf(it.policy())).toList();
        yield idle.isEmpty() ? set : new PolicyProblems(idle);
      }
    };
  }
}
