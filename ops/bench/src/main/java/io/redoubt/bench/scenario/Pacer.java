package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Loop;
import java.util.List;

/** Lets idle callers go one after another, at a fixed rate. */
final class Pacer {
  private final List<PlainCaller> callers;
  private final Tally tally;
  private int turn;
  private boolean going = true;

  /**
   * A pacer.
   *
   * @param tally hears where every caller was busy
   */
  Pacer(List<PlainCaller> callers, Tally tally) {
    this.callers = callers;
    this.tally = tally;
  }

  void begin(Loop loop, long due, long interval) {
    loop.at(
        due,
        () -> {
          if (going) {
            next();
            begin(loop, due + interval, interval);
          }
        });
  }

  private void next() {
    for (int i = 0; i < callers.size(); i++) {
      PlainCaller caller = callers.get(turn++ % callers.size());
      if (!caller.isBusy()) {
        caller.once();
        return;
      }
    }
    tally.missed();
  }

  void stop() {
    going = false;
  }
}
