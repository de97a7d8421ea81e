package io.redoubt.enclave.link;

import io.redoubt.enclave.policy.PolicyKeeper;
import io.redoubt.link.LinkState;
import io.redoubt.policy.BundleStore;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand.BundlePublished;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.BundleDigest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes in a bundle that the control plane has published: fetched, held against its signature, its
 * digest, its organization and the version that is kept, tried out, and only then kept. Whatever is
 * wrong with it, the last known good one stays.
 */
final class BundleIntake {
  private final Fetching fetching;
  private final LinkState state;
  private final BundleStore store;
  private final PolicyKeeper keeper;
  private final Consumer<BundleStore.Heading> kept;

  /** The control plane's answer to the question for a bundle: a compact JWS. */
  interface Fetching {
    String fetch(BundleDigest digest) throws IOException, InterruptedException;
  }

  /**
   * An intake.
   *
   * @param kept hears of every bundle that every node should run now
   */
  BundleIntake(
      Fetching fetching,
      LinkState state,
      BundleStore store,
      PolicyKeeper keeper,
      Consumer<BundleStore.Heading> kept) {
    this.fetching = fetching;
    this.state = state;
    this.store = store;
    this.keeper = keeper;
    this.kept = kept;
  }

  /** A bundle that is not to be run, with the reason. */
  private static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RefusedException(String why) {
      super(why, null, false, false);
    }
  }

  CompletionStage<CommandApplier.Result> take(OrganizationId organization, BundlePublished told) {
    if (told.digest() == null || told.version() < 1) {
      return CompletableFuture.completedFuture(
          new CommandApplier.Rejected("the command is incomplete"));
    }
    return store
        .headings()
        .thenCompose(headings ->
            take(
                organization,
                told,
                headings.stream().filter(it -> it.organization().equals(organization)).findFirst()))
        .exceptionally(BundleIntake::rejected);
  }

  private CompletionStage<CommandApplier.Result> take(
      OrganizationId organization, BundlePublished told, Optional<BundleStore.Heading> has) {
    if (has.isPresent() && has.get().version() >= told.version()) {
      if (!has.get().digest().equals(told.digest())) {
        throw new RefusedException(
            "bundle version "
                + told.version()
                + " is not newer than version "
                + has.get().version()
                + ", which stays");
      }
      // Told twice: it was kept, and perhaps nobody said so.
      kept.accept(has.get());
      return CompletableFuture.completedFuture(new CommandApplier.Applied());
    }
    return fetch(told.digest())
        .thenCombine(state.load(), (signed, link) -> verified(signed, link, organization, told))
        .thenCompose(bundle ->
            keeper
                .tryOut(bundle)
                .thenCompose(compilation ->
                    switch (compilation) {
                      case PolicySet _ -> store.keep(bundle);
                      case PolicyProblems(var problems) ->
                          throw new RefusedException(
                              "the bundle cannot be run here: " + problems.getFirst());
                    }))
        .thenApply(_ -> {
          kept.accept(new BundleStore.Heading(organization, told.version(), told.digest()));
          return new CommandApplier.Applied();
        });
  }

  private CompletionStage<String> fetch(BundleDigest digest) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return fetching.fetch(digest);
          } catch (LinkClient.RefusedException e) {
            if (e.status() == 404) {
              throw new RefusedException("the control plane has no bundle of that digest");
            }
            throw new UncheckedIOException(e);
          } catch (IOException e) {
            // Not for ever: what comes after this command waits, but for orders to stop an agent.
            throw new UncheckedIOException(e);
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new CommandApplier.LaterException("interrupted");
          }
        },
        task -> Thread.ofVirtual().name("redoubt-link-bundle").start(task));
  }

  private static Bundle verified(
      String signed,
      Optional<LinkState.Kept> link,
      OrganizationId organization,
      BundlePublished told) {
    byte[] payload =
        link.map(LinkState.Kept::commandKeys)
            .map(PinnedKeys::new)
            .flatMap(keys -> keys.verifiedBundle(signed))
            .orElseThrow(
                () -> new RefusedException("the bundle has no signature that is trusted here"));
    if (!BundleDigest.of(payload).equals(told.digest())) {
      throw new RefusedException("the bundle is not the one of that digest");
    }
    var bundle =
        Bundle.read(payload)
            .orElseThrow(
                () -> new RefusedException("this release does not know this kind of bundle"));
    if (!bundle.organization().equals(organization)) {
      throw new RefusedException("the bundle is another organization's");
    }
    if (bundle.version() != told.version()) {
      throw new RefusedException("the bundle is of another version than was said");
    }
    return bundle;
  }

  private static CommandApplier.Result rejected(Throwable failure) {
    for (@Nullable Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof RefusedException refused) {
        return new CommandApplier.Rejected(String.valueOf(refused.getMessage()));
      }
    }
    throw failure instanceof RuntimeException e ? e : new IllegalStateException(failure);
  }
}
