package io.redoubt.bench.micro;

import io.redoubt.action.Act;
import io.redoubt.action.Arguments;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.policy.PolicyDocument;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.IntStream;

/** A thousand policies, and the agents and calls that they are about. */
public final class ManyPolicies {
  private static final int TEAMS = 100;
  private static final int TOOLS = 300;
  private static final int ACTS = 100;
  private static final long VERSION_7 = 0x7000;
  private static final long VARIANT = 1L << 63;

  private ManyPolicies() {}

  /** Ready to decide. */
  public static PolicySet set() {
    return switch (PolicySet.compile(documents())) {
      case PolicySet compiled -> compiled;
      case PolicyProblems problems -> throw new IllegalStateException(problems.toString());
    };
  }

  /** Of the so-manieth agent. */
  public static Map<String, String> labels(int number) {
    return Map.of("team", "t" + number % TEAMS, "env", number % 10 == 0 ? "prod" : "dev");
  }

  /** A full session. */
  public static List<Act> acts(Instant now) {
    return IntStream.range(0, ACTS)
        .mapToObj(i ->
            new Act(
                now.minusSeconds(ACTS - i),
                "connector:read",
                "git/" + i % 7,
                i % 50 == 0 ? Verdict.DENY : Verdict.PERMIT,
                i))
        .toList();
  }

  /** A tool that policies may be about. */
  public static String tool(SplittableRandom random) {
    return "tool-" + random.nextInt(TOOLS);
  }

  /** Arguments that policies look at, and no two of them alike. */
  public static Arguments arguments(SplittableRandom random) {
    var json =
        "{\"path\":\"/home/%d/notes\",\"env\":\"dev\",\"text\":\"%d\"}"
            .formatted(random.nextInt(), random.nextInt());
    return Arguments.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  /** The so-manieth agent. */
  public static AgentId agent(int number) {
    return new AgentId(new UUID(VERSION_7, VARIANT + number));
  }

  /** Ten for everybody, the others for a team, an agent or a tool. */
  private static List<PolicyDocument> documents() {
    var texts = new ArrayList<String>();
    texts.add("permit (principal, action == Action::\"llm:generate\", resource);");
    texts.add("forbid (principal, action, resource) when { context.risk > 80 };");
    for (int i = 0; i < 8; i++) {
      texts.add(
          "forbid (principal, action == Action::\"tool:call\", resource)"
              + " when { context.findings.contains(\"finding-%d\") };".formatted(i));
    }
    for (int i = 0; i < 400; i++) {
      texts.add(
          "permit (principal in AgentGroup::\"team=t%d\", action == Action::\"tool:call\", resource);"
              .formatted(i % TEAMS));
    }
    for (int i = 0; i < 200; i++) {
      texts.add(
          "forbid (principal == Agent::\"%s\", action, resource) when { context.risk > 60 };"
              .formatted(agent(i * 50)));
    }
    for (int i = 0; i < 200; i++) {
      texts.add(
          """
          @escalate("default")
          forbid (
            principal in AgentGroup::"team=t%d",
            action == Action::"tool:call",
            resource == Tool::"tool-%d"
          )
          when { context.args has env && context.args.env == "prod" }
          unless { context has approval };
          """
              .formatted(i % TEAMS, i));
    }
    for (int i = 0; i < 190; i++) {
      texts.add(
          "forbid (principal, action == Action::\"tool:call\", resource == Tool::\"tool-%d\")"
                  .formatted(i)
              + " when { context.args has path && context.args.path like \"/etc/*\" };");
    }
    var documents = new ArrayList<PolicyDocument>();
    for (var text : texts) {
      documents.add(new PolicyDocument("p" + documents.size(), text));
    }
    return documents;
  }
}
