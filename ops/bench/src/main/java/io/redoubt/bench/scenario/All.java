package io.redoubt.bench.scenario;

import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Report;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** Every scenario, one after another, each on a product of its own. */
@Command(
    name = "all",
    description = "Every scenario with its defaults; options given here go to each that knows them")
public final class All implements Scenario {
  @Unmatched private List<String> options = new ArrayList<>();

  @Override
  public List<Goal> measure(Report report) throws Exception {
    var goals = new ArrayList<Goal>();
    for (Scenario scenario :
        List.of(
            new Startup(),
            new Rotate(),
            new Proxy(),
            new Stream(),
            new Spend(),
            new Agents(),
            new Remote(),
            new Isolate(),
            new Publish(),
            new ManyAgents(),
            new Approvals(),
            new Scaling(),
            new Decisions(),
            new Inspect(),
            new Peer())) {
      new CommandLine(scenario)
          .setUnmatchedArgumentsAllowed(true)
          .parseArgs(options.toArray(String[]::new));
      goals.addAll(scenario.measure(report));
    }
    return goals;
  }
}
