package io.redoubt.multinode.history;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Everything that clients did in one scenario; many threads write, the checker reads. */
public final class History {
  private final ConcurrentLinkedQueue<Rotation> rotations = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<ModelCall> modelCalls = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Chunk> chunks = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Isolation> isolations = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Plea> pleas = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Vote> votes = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> badAnswers = new ConcurrentLinkedQueue<>();

  public void add(Rotation rotation) {
    rotations.add(rotation);
  }

  public void add(ModelCall call) {
    modelCalls.add(call);
  }

  public void add(Chunk chunk) {
    chunks.add(chunk);
  }

  public void add(Isolation isolation) {
    isolations.add(isolation);
  }

  public void add(Plea plea) {
    pleas.add(plea);
  }

  public void add(Vote vote) {
    votes.add(vote);
  }

  /** Notes an answer that breaks the contract's form, whatever it says. */
  public void addBadAnswers(List<String> sentences) {
    badAnswers.addAll(sentences);
  }

  public List<String> badAnswers() {
    return List.copyOf(badAnswers);
  }

  /** All rotations by family, in the order of their start. */
  public Map<String, List<Rotation>> rotationsByFamily() {
    return rotations.stream()
        .sorted(Comparator.comparingLong(Rotation::started))
        .collect(Collectors.groupingBy(Rotation::family));
  }

  public List<Rotation> rotations() {
    return List.copyOf(rotations);
  }

  public List<ModelCall> modelCalls() {
    return List.copyOf(modelCalls);
  }

  public List<Chunk> chunks() {
    return List.copyOf(chunks);
  }

  public List<Isolation> isolations() {
    return List.copyOf(isolations);
  }

  public List<Plea> pleas() {
    return List.copyOf(pleas);
  }

  public List<Vote> votes() {
    return List.copyOf(votes);
  }

  /** How many rotations were granted so far. */
  public long grants() {
    return rotations.stream().filter(r -> r.answer() instanceof Rotation.Granted).count();
  }

  /** How many rotations nobody knows the fate of. */
  public long maybes() {
    return rotations.stream().filter(Timed::uncertain).count();
  }

  /** What happened, in numbers: a scenario in which nothing happened proves nothing. */
  @Override
  public String toString() {
    var answers = kinds(rotations.stream().map(Rotation::answer));
    var statuses =
        modelCalls.stream()
            .collect(Collectors.groupingBy(ModelCall::status, TreeMap::new, Collectors.counting()));
    return "History[rotations %s, model calls %s, pieces %d, isolations %d, pleas %s, votes %s]"
        .formatted(
            answers,
            statuses,
            chunks.size(),
            isolations.size(),
            kinds(pleas.stream().map(Plea::answer)),
            kinds(votes.stream().map(Vote::answer)));
  }

  private static Map<String, Long> kinds(Stream<?> answers) {
    return answers.collect(
        Collectors.groupingBy(
            answer -> answer.getClass().getSimpleName(), TreeMap::new, Collectors.counting()));
  }
}
