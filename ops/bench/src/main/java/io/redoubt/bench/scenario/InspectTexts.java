package io.redoubt.bench.scenario;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Random;

/**
 * Texts of several kinds, the same at each run. They hold next to nothing that is to be found; some
 * are made to look at every byte as if there were.
 */
enum InspectTexts {
  PROSE("prose", true) {
    @Override
    void piece(Random random, StringBuilder text) {
      int words = 6 + random.nextInt(18);
      for (int i = 0; i < words; i++) {
        String word = WORDS[(int) (WORDS.length * Math.pow(random.nextDouble(), 1.6))];
        text.append(
                i == 0 ? word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1) : word)
            .append(i == words - 1 ? "" : random.nextInt(12) == 0 ? ", " : " ");
      }
      if (random.nextInt(8) == 0) {
        text.append(" in ").append(1900 + random.nextInt(140));
      }
      text.append(random.nextInt(6) == 0 ? ".\n\n" : ". ");
    }
  },
  CODE("source code", true) {
    @Override
    void piece(Random random, StringBuilder text) {
      text.append(
              CODE_LINES[random.nextInt(CODE_LINES.length)].formatted(
                  identifier(random), identifier(random), random.nextInt(500)))
          .append('\n');
    }
  },
  JSON("JSON", true) {
    @Override
    void piece(Random random, StringBuilder text) {
      text.append("{\"id\": \"")
          .append(Long.toHexString(random.nextLong()))
          .append("\", \"")
          .append(identifier(random))
          .append("\": ")
          .append(random.nextInt(100_000))
          .append(", \"token_count\": ")
          .append(random.nextInt(5000))
          .append(", \"description\": \"");
      PROSE.piece(random, text);
      text.append("\", \"active\": true}\n");
    }
  },
  LOG("log lines", true) {
    @Override
    void piece(Random random, StringBuilder text) {
      text.append(
          "2026-03-%02dT%02d:%02d:%02d.%03dZ INFO  [pool-%d-thread-%d] c.a.%s - %s finished in %d ms, %d rows, id=%08x\n"
              .formatted(
                  1 + random.nextInt(28),
                  random.nextInt(24),
                  random.nextInt(60),
                  random.nextInt(60),
                  random.nextInt(1000),
                  random.nextInt(9),
                  random.nextInt(64),
                  identifier(random),
                  identifier(random),
                  random.nextInt(9000),
                  random.nextInt(100_000),
                  random.nextInt()));
    }
  },
  NUMBERS("tables of numbers", true) {
    @Override
    void piece(Random random, StringBuilder text) {
      for (int i = 0; i < 10; i++) {
        text.append(random.nextInt(1 << (10 + random.nextInt(20)))).append(i == 9 ? '\n' : ';');
      }
    }
  },
  DECIMALS("tables of decimals", true) {
    @Override
    void piece(Random random, StringBuilder text) {
      for (int i = 0; i < 8; i++) {
        text.append(random.nextInt(1 << (4 + random.nextInt(14))))
            .append('.')
            .append(random.nextInt(10_000))
            .append(i == 7 ? '\n' : ',');
      }
    }
  },
  SECRETS("assignments of nothing", false) {
    @Override
    void piece(Random random, StringBuilder text) {
      text.append("secret=a1B2c3D4e5example");
    }
  },
  PHRASES("half orders", false) {
    @Override
    void piece(Random random, StringBuilder text) {
      text.append("ignore your all of the ");
    }
  },
  TOKENS("beginnings of keys", false) {
    @Override
    void piece(Random random, StringBuilder text) {
      text.append("-sk-proj-eyJ.");
    }
  },
  DIGITS("numbers, nothing else", false) {
    @Override
    void piece(Random random, StringBuilder text) {
      text.append(random.nextInt(100_000_000)).append(' ');
    }
  },
  BASE64("Base64", false) {
    @Override
    void piece(Random random, StringBuilder text) {
      byte[] bytes = new byte[3000];
      random.nextBytes(bytes);
      text.append(Base64.getEncoder().encodeToString(bytes));
    }
  };

  private static final String[] WORDS =
      ("the of and to a in is that for it as was with be by on not he his but at are this have from or "
              + "had an they which one you were all her she there would their we him been has when who will "
              + "no more if out so up said what its about than into them can only other time new some could "
              + "these two may first then do any like my now over such our man me even most made after also "
              + "did many off before must well back through years much where your way down should because "
              + "long each just state people those too mister how little good world make very year still see "
              + "own work men day get here between both being under three never know same last while might us "
              + "great old against come since go right used take house another system general program during "
              + "instructions previous without however home small found thought went say part once high upon "
              + "school every does got united left number course war until always away something fact water "
              + "though less public put think almost hand enough took head yet government set better told "
              + "nothing night end called eyes find going look asked later knew point next city business case "
              + "group give days value secret token phone ignore print show system message")
          .split(" ", -1);
  private static final String[] NAMES = {
    "value", "index", "buffer", "connection", "requestHandler", "total_count", "userName", "parser",
    "tokenizer", "passwordField", "next", "result", "config", "response", "items", "secretStore"
  };
  private static final String[] CODE_LINES = {
    "    for (int i = 0; i < %1$s.size(); i++) {",
    "      %1$s.put(\"%2$s\", new Entry(%3$d, false));",
    "  private final Map<String, List<Integer>> %1$s = new HashMap<>();",
    "    if (%1$s == null || %2$s.length() > %3$d) {",
    "      throw new IllegalStateException(\"%1$s is not ready: \" + %2$s);",
    "    return %1$s.stream().filter(each -> each.%2$s() >= %3$d).toList();",
    "def %1$s(self, %2$s=%3$d): # see https://docs.example.org/%1$s/%2$s.html",
    "  const %1$s = await fetch(`/api/%2$s/${%1$s}?limit=%3$d`);",
    "\t%1$s, err := %2$s.Do(ctx, %3$d)",
    ""
  };

  private final String title;
  private final boolean isText;

  InspectTexts(String title, boolean isText) {
    this.title = title;
    this.isText = isText;
  }

  abstract void piece(Random random, StringBuilder text);

  String title() {
    return title;
  }

  /** Whether somebody wrote it, so that its speed counts. */
  boolean isText() {
    return isText;
  }

  byte[] write(int size) {
    var random = new Random(title.length());
    var text = new StringBuilder(size + 8192);
    while (text.length() < size) {
      piece(random, text);
    }
    text.setLength(size);
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** A request to a model with messages of prose, a kilobyte or two each. */
  static byte[] chat(int size) {
    var random = new Random(99);
    var body = new StringBuilder("{\"model\":\"m\",\"messages\":[");
    while (body.length() < size) {
      var text = new StringBuilder();
      int length = 500 + random.nextInt(2000);
      while (text.length() < length) {
        PROSE.piece(random, text);
      }
      body.append(body.charAt(body.length() - 1) == '[' ? "" : ",")
          .append("{\"role\":\"user\",\"content\":\"")
          .append(text.toString().replace("\n", "\\n"))
          .append("\"}");
    }
    return body.append("]}").toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static String identifier(Random random) {
    return NAMES[random.nextInt(NAMES.length)];
  }
}
