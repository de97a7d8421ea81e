package io.redoubt.testing;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A board in memory. */
public final class InMemoryApprovalBoard implements ApprovalBoard {
  public final Outage outage = new Outage();

  private record Row(
      Opening opening,
      boolean open,
      int version,
      @Nullable Instant dueAt,
      @Nullable ApprovalView view) {
    boolean isPending() {
      return open && (view == null || view.status() == ApprovalStatus.PENDING);
    }

    @Nullable ApprovalView shown() {
      var prompt = opening.prompt().made();
      return view == null
          ? null
          : view.with(opening.arguments(), List.of())
              .saying(prompt == null ? null : prompt.excerpt());
    }
  }

  private final Map<ApprovalKey, Row> rows = new HashMap<>();
  private final Set<AgentKey> changed = new HashSet<>();

  @Override
  public synchronized CompletionStage<Opened> open(Opening opening, Limits limits) {
    return outage.attempt(() -> {
      synchronized (this) {
        var known =
            all(opening.agent().organization())
                .filter(row ->
                    row.opening().agent().equals(opening.agent())
                        && row.opening().identity().equals(opening.identity())
                        && (row.open() || isEditedIntoOpen(row)))
                .max(Comparator.comparing(Row::open));
        if (known.isPresent()) {
          return new Place(known.get().opening().id(), false);
        }
        if (all(opening.agent().organization())
                .filter(row -> row.isPending() && row.opening().agent().equals(opening.agent()))
                .count()
            >= limits.ofAgent()) {
          return Full.AGENT;
        }
        if (all(opening.agent().organization()).filter(Row::isPending).count()
            >= limits.ofOrganization()) {
          return Full.ORGANIZATION;
        }
        var _ = opening.prompt().made();
        rows.put(
            new ApprovalKey(opening.agent().organization(), opening.id()),
            new Row(opening, true, 0, opening.dueAt(), null));
        return new Place(opening.id(), true);
      }
    });
  }

  private boolean isEditedIntoOpen(Row row) {
    for (var to = row.view() == null ? null : row.view().editedTo(); to != null; ) {
      var next = rows.get(new ApprovalKey(row.opening().agent().organization(), to.approval()));
      if (next == null || next.open()) {
        return next != null;
      }
      to = next.view() == null ? null : next.view().editedTo();
    }
    return false;
  }

  private Stream<Row> all(OrganizationId organization) {
    return rows.values().stream()
        .filter(row -> row.opening().agent().organization().equals(organization));
  }

  private Stream<Row> newest(OrganizationId organization) {
    return all(organization)
        .sorted(Comparator.comparing((Row row) -> row.opening().id().toString()).reversed());
  }

  @Override
  public CompletionStage<Void> post(Posting posting) {
    return outage.run(() -> {
      synchronized (this) {
        rows.computeIfPresent(
            posting.key(),
            (_, row) ->
                row.version() >= posting.version()
                    ? row
                    : new Row(
                        row.opening(),
                        row.open() && posting.view().status().isOpen(),
                        posting.version(),
                        posting.dueAt(),
                        posting.view()));
      }
    });
  }

  @Override
  public CompletionStage<Void> close(ApprovalKey key) {
    return outage.run(() -> {
      synchronized (this) {
        rows.computeIfPresent(
            key, (_, row) -> new Row(row.opening(), false, row.version(), row.dueAt(), row.view()));
      }
    });
  }

  @Override
  public CompletionStage<Void> drop(ApprovalKey key, Instant before) {
    return outage.run(() -> {
      synchronized (this) {
        rows.computeIfPresent(
            key,
            (_, row) -> row.version() == 0 && row.opening().dueAt().isBefore(before) ? null : row);
      }
    });
  }

  @Override
  public CompletionStage<List<Due>> due(Instant then, int limit) {
    return outage.attempt(() -> {
      synchronized (this) {
        var due = new ArrayList<Due>();
        rows.forEach((key, row) -> {
          var at = row.dueAt();
          if (at != null && !at.isAfter(then)) {
            due.add(new Due(key, at));
          }
        });
        return due.stream().sorted(Comparator.comparing(Due::at)).limit(limit).toList();
      }
    });
  }

  @Override
  public CompletionStage<List<AgentKey>> overtaken(
      Duration within, @Nullable AgentKey after, int limit) {
    return outage.attempt(() -> {
      synchronized (this) {
        return changed.stream()
            .filter(agent -> after == null || agent.toString().compareTo(after.toString()) > 0)
            .filter(agent ->
                rows.values().stream()
                    .anyMatch(row -> row.open() && row.opening().agent().equals(agent)))
            .sorted(Comparator.comparing(AgentKey::toString))
            .limit(limit)
            .toList();
      }
    });
  }

  /** Something has happened in the life of that agent. */
  public synchronized void changes(AgentKey agent) {
    changed.add(agent);
  }

  @Override
  public CompletionStage<List<ApprovalKey>> openOf(AgentKey agent) {
    return outage.attempt(() -> {
      synchronized (this) {
        return rows.entrySet().stream()
            .filter(
                each -> each.getValue().open() && each.getValue().opening().agent().equals(agent))
            .map(Map.Entry::getKey)
            .toList();
      }
    });
  }

  @Override
  public CompletionStage<List<ApprovalKey>> approvedBy(
      OrganizationId organization, Set<String> voters, String through) {
    return outage.attempt(() -> {
      synchronized (this) {
        return all(organization)
            .filter(Row::open)
            .map(Row::view)
            .filter(Objects::nonNull)
            .filter(view -> view.isApprovedBy(voters, through))
            .map(view -> new ApprovalKey(organization, view.id()))
            .toList();
      }
    });
  }

  @Override
  public CompletionStage<List<ApprovalId>> pendingOf(AgentKey agent, int limit) {
    return outage.attempt(() -> {
      synchronized (this) {
        return newest(agent.organization())
            .filter(
                row -> row.isPending() && row.view() != null && row.opening().agent().equals(agent))
            .map(row -> row.opening().id())
            .limit(limit)
            .toList();
      }
    });
  }

  @Override
  public CompletionStage<Optional<Entry>> find(ApprovalKey key) {
    return outage.attempt(() -> {
      synchronized (this) {
        return Optional.ofNullable(rows.get(key))
            .map(row -> {
              var opening = row.opening();
              return new Entry(row.view(), opening.arguments(), opening.prompt().made(), List.of());
            });
      }
    });
  }

  @Override
  public CompletionStage<List<ApprovalView>> list(
      OrganizationId organization,
      @Nullable ApprovalStatus status,
      @Nullable ApprovalId before,
      int limit) {
    return outage.attempt(() -> {
      synchronized (this) {
        return newest(organization)
            .map(Row::shown)
            .filter(Objects::nonNull)
            .filter(view -> status == null || view.status() == status)
            .filter(view -> before == null || view.id().toString().compareTo(before.toString()) < 0)
            .limit(limit)
            .toList();
      }
    });
  }

  @Override
  public CompletionStage<List<News>> unreported(int limit) {
    return outage.attempt(List::of);
  }

  @Override
  public CompletionStage<Void> reported(List<News> news) {
    return outage.run(() -> {});
  }

  @Override
  public CompletionStage<Integer> purge(Instant before) {
    return outage.attempt(() -> 0);
  }

  /** The arguments that were handed in with it. */
  public synchronized @Nullable JsonNode arguments(ApprovalKey key) {
    return Objects.requireNonNull(rows.get(key)).opening().arguments();
  }

  /** How many there are, open or over. */
  public synchronized int size() {
    return rows.size();
  }

  /** Nothing was ever asked. */
  public synchronized void clear() {
    rows.clear();
  }
}
