package io.redoubt.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class StampsTest {
  @Test
  void findsEveryStampWhateverThePiecesTheyComeIn() {
    byte[] body = "a@1@ b@c @23@@456@ @".getBytes(StandardCharsets.US_ASCII);
    for (int piece = 1; piece <= body.length; piece++) {
      var found = new ArrayList<Long>();
      var stamps = new Stamps(found::add);
      for (int from = 0; from < body.length; from += piece) {
        stamps.scan(body, from, Math.min(body.length, from + piece));
      }
      assertThat(found).as("in pieces of %d", piece).containsExactly(1L, 23L, 456L);
    }
  }
}
