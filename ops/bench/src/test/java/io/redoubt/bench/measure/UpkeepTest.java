package io.redoubt.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UpkeepTest {
  @Test
  void addsUpWhatAllCollectorsDid() {
    var before = Jvm.Upkeep.parse("");
    var after =
        Jvm.Upkeep.parse(
            """
            4711:
            java.ci.totalTime=3000
            sun.gc.collector.0.invocations=2
            sun.gc.collector.0.name="G1 young collection pauses"
            sun.gc.collector.0.time=500
            sun.gc.collector.1.invocations=1
            sun.gc.collector.1.time=70
            sun.threads.total_gc_cpu_time=900
            """);

    assertThat(after.since(before)).isEqualTo(new Jvm.Upkeep(3, 570, 900, 3000));
  }
}
