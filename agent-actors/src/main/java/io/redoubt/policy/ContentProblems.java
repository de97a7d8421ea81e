package io.redoubt.policy;

import io.redoubt.content.ContentRules;
import io.redoubt.protocol.policy.ContentDocument;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with content policies, said as what is wrong with the others. */
public final class ContentProblems {
  /** What problems with a content policy name, before its scope: no document can be called so. */
  public static final String PLACE = "content/";

  private ContentProblems() {}

  /** The same, unless a layer says something to no effect in it: then the problems. */
  public static Compilation tried(Compilation compilation, List<ContentDocument> content) {
    var overruled = ContentRules.overruled(content);
    return overruled.isEmpty() ? compilation : beside(compilation, overruled);
  }

  static Compilation beside(Compilation compilation, List<ContentRules.Problem> more) {
    var problems = new ArrayList<PolicyProblem>();
    if (compilation instanceof PolicyProblems(var known)) {
      problems.addAll(known);
    }
    more.forEach(it ->
        problems.add(new PolicyProblem(PLACE + it.scope() + it.pointer(), 1, 1, it.detail())));
    return new PolicyProblems(
        List.copyOf(problems.subList(0, Math.min(problems.size(), PolicyCompiler.MAX_PROBLEMS))));
  }
}
