package io.redoubt.approval;

import io.redoubt.protocol.approval.ModelPrompt;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What people are shown of what a model is asked. It takes a look at all of the request, which may
 * be large: so it is made where somebody is asked, and not each time that an agent comes with the
 * same call; and then once.
 */
public final class ShownPrompt {
  /** Nothing: it is no call to a model. */
  public static final ShownPrompt NONE = new ShownPrompt(Optional::empty);

  private final Supplier<Optional<ModelPrompt>> source;
  private boolean isMade;
  private @Nullable ModelPrompt made;

  private ShownPrompt(Supplier<Optional<ModelPrompt>> source) {
    this.source = source;
  }

  /**
   * What that makes.
   *
   * @param source empty: nothing may be shown
   */
  public static ShownPrompt of(Supplier<Optional<ModelPrompt>> source) {
    return new ShownPrompt(source);
  }

  /** What is shown; null: nothing is. Whoever needs it calls this, and blocks while it is made. */
  public synchronized @Nullable ModelPrompt made() {
    if (!isMade) {
      made = source.get().orElse(null);
      isMade = true;
    }
    return made;
  }
}
