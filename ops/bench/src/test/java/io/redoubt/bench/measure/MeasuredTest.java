package io.redoubt.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MeasuredTest {
  private static final String BURN = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";

  @Test
  void readsAProcessWhoseNameIsMeantToConfuse() {
    var times =
        ProcessTimes.parse(
            "4242 (post) gres (1) R 17 4242 4242 0 -1 4194560 100 200 0 0 300 40 5 6 20 0 1 0");

    assertThat(times).isEqualTo(new ProcessTimes(4242, 17, 340, 11));
  }

  @Test
  void countsChildrenThatRanBetweenTwoReadingsAndAreGone() throws Exception {
    Process parent = shell("read go; sh -c '" + BURN + "'; echo done; read stop");
    var tree = Measured.productTree("shell", parent.pid());
    var alone = Measured.product("shell", parent.pid());
    long treeBefore = tree.nanos();
    long aloneBefore = alone.nanos();

    parent.outputWriter().write("go\n");
    parent.outputWriter().flush();
    assertThat(parent.inputReader().readLine()).isEqualTo("done");

    assertThat(tree.nanos() - treeBefore).isPositive();
    assertThat(tree.nanos() - treeBefore).isGreaterThan(alone.nanos() - aloneBefore);
    parent.destroy();
    assertThat(parent.waitFor(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aProcessThatIsGoneCostsNothing() {
    assertThat(Measured.product("nobody", Long.MAX_VALUE).nanos()).isZero();
  }

  private static Process shell(String script) throws IOException {
    return new ProcessBuilder("sh", "-c", script).start();
  }
}
