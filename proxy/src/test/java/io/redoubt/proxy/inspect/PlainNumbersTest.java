package io.redoubt.proxy.inspect;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.content.Bytes;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PlainNumbersTest {
  private static final int ROUNDS = 4_000;

  /** What matchers find in the right company, and what gives them away. */
  private static final String[] PIECES = {
    "219-09-9999",
    "457-55-5462",
    "219 09 9999",
    "123.456.789-09",
    "12345678909",
    "86 095 742 719",
    "86095742719",
    "131052-308T",
    "131052+308T",
    "131052A308T",
    "12345678Z",
    "12345678-Z",
    "12.345.678-Z",
    "44051401359",
    "2345 6789 0124",
    "234567890124",
    "1 85 05 78 006 084 36",
    "185057800608436",
    "AB 12 34 56 C",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "3782 822463 10005",
    "30569309025904",
    "212-555-2368",
    "212.555.2368",
    "(212) 555-2368",
    "(212)555-2368",
    "+1 212 555 2368",
    "5552368",
    "555 2368",
    "55523680",
    "020 7946 0958",
    "089/1234567",
    "phone ",
    "tel: ",
    "call ",
    "SSN ",
    "ssn:",
    "cpf ",
    "pesel ",
    "aadhaar ",
    "NI number ",
    "fax",
    "2026-03-12",
    "10:22:33.123",
    "1.5",
    "3.14159",
    "1,234,567",
    "0x1f"
  };

  private static final String BETWEEN = " -.,:/;\t\n()+_\"'=ABUYxz#\u007f";

  private static String text(Random random) {
    var text = new StringBuilder();
    while (text.length() < 400) {
      switch (random.nextInt(8)) {
        case 0, 1 -> text.append(PIECES[random.nextInt(PIECES.length)]);
        case 2, 3, 4 -> {
          for (int i = random.nextInt(13); i >= 0; i--) {
            text.append((char) ('0' + random.nextInt(10)));
          }
        }
        case 5 -> text.append(";".repeat(random.nextInt(50)));
        default -> text.append(BETWEEN.charAt(random.nextInt(BETWEEN.length())));
      }
    }
    return text.toString();
  }

  @Test
  void nothingIsFoundInANumberThatIsPlain() {
    var matcher = new NumberMatcher();
    int plain = 0;
    int others = 0;
    int found = 0;
    for (int seed = 0; seed < ROUNDS; seed++) {
      String text = text(new Random(seed));
      byte[] bytes = text.getBytes(US_ASCII);
      var window = new Window();
      window.append(bytes, 0, bytes.length);
      window.close();
      for (int at = 1; at + 1 < bytes.length; at++) {
        if (!Bytes.is(bytes[at], Bytes.DIGIT)
            || !Bytes.is(bytes[at + 1], Bytes.DIGIT)
            || Bytes.is(bytes[at - 1], Bytes.ALNUM)) {
          continue;
        }
        window.reset();
        matcher.match(window, at - 1);
        found += window.results();
        if (PlainNumbers.isPlain(bytes, at, bytes.length)) {
          assertThat(window.results())
              .as("seed %d: what begins with %s", seed, text.substring(at - 1, at + 2))
              .isZero();
          plain++;
        } else {
          others++;
        }
      }
    }
    assertThat(found).as("numbers that are something").isGreaterThan(ROUNDS / 2);
    assertThat(plain).as("plain ones, beside %d", others).isGreaterThan(ROUNDS);
  }

  /** Most of a table are, or nothing would be gained. */
  @Test
  void theNumbersOfATableArePlain() {
    var random = new Random(5);
    int plain = 0;
    for (int i = 0; i < 1000; i++) {
      var table = new StringBuilder();
      while (table.length() < 200) {
        table.append(random.nextInt(1 << (10 + random.nextInt(20)))).append(';');
      }
      byte[] bytes = table.toString().getBytes(US_ASCII);
      int at = table.indexOf(";", 100) + 1;
      plain += PlainNumbers.isPlain(bytes, at, bytes.length) ? 1 : 0;
    }
    assertThat(plain).isGreaterThan(990);
  }
}
