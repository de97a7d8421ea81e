package io.redoubt.standalone.tour;

import io.redoubt.protocol.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * Looks for secrets where none may be: every row of every table (journal and snapshots in their
 * bytes), the files of the database, and the logs. Beside those that it was handed it looks for
 * whatever has the form of a token, since programs get some that nobody else sees.
 */
final class SecretHunt {
  private static final String ADMIN = "redoubt_admin";

  /** Bootstrap and refresh tokens, client secrets and API keys. */
  private static final Pattern OWN_TOKEN =
      Pattern.compile("rd[brec]_[A-Za-z0-9_-]{20,80}\\.[A-Za-z0-9_-]{43}\\.[A-Za-z0-9_-]{6}");

  /** A signed token in compact form. */
  private static final Pattern JWT =
      Pattern.compile("(eyJ[A-Za-z0-9_-]{20,200})\\.[A-Za-z0-9_-]{20,4000}\\.[A-Za-z0-9_-]{86}");

  /** Good for something by itself: not so the signatures of commands and bundles. */
  private static final List<String> BEARER_TYPES =
      List.of("\"at+jwt\"", "\"redoubt-operator+jwt\"", "\"redoubt-service+jwt\"");

  private final Set<String> secrets = new LinkedHashSet<>();

  /** From now on this is looked for, plain and in the usual encodings. */
  String handled(String secret) {
    if (secret.length() < 8) {
      throw new AssertionError("too short to be looked for: " + secret);
    }
    secrets.add(secret);
    return secret;
  }

  int size() {
    return secrets.size();
  }

  /** Where one of them is, each place in a sentence; never the secret itself. */
  List<String> inTables(String url, Path secretsFile) throws SQLException, IOException {
    String password =
        Json.LENIENT.readTree(Files.readAllBytes(secretsFile)).findValue(ADMIN).asText();
    var found = new ArrayList<String>();
    try (Connection connection = DriverManager.getConnection(url, ADMIN, password)) {
      CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
      for (String table : tables(connection)) {
        var rows = new ByteArrayOutputStream();
        copy.copyOut("COPY (SELECT * FROM " + table + ") TO STDOUT", rows);
        search("table " + table, rows.toString(StandardCharsets.UTF_8), found);
      }
    }
    return found;
  }

  private static List<String> tables(Connection connection) throws SQLException {
    var tables = new ArrayList<String>();
    try (var statement =
            connection.prepareStatement(
                """
                SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
                """);
        var rows = statement.executeQuery()) {
      while (rows.next()) {
        tables.add(rows.getString(1));
      }
    }
    return tables;
  }

  /** Searches every file below a directory, as bytes. */
  List<String> inFiles(Path directory) throws IOException {
    var found = new ArrayList<String>();
    try (var files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] content = Files.readAllBytes(file);
        if (file.toString().endsWith(".gz")) {
          try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            content = in.readAllBytes();
          }
        }
        search(file.toString(), new String(content, StandardCharsets.ISO_8859_1), found);
      }
    }
    return found;
  }

  void search(String place, String text, List<String> found) {
    spellings()
        .forEach((spelling, what) -> {
          if (text.contains(spelling)) {
            found.add(what + " in " + place);
          }
        });
    if (OWN_TOKEN.matcher(text).find()) {
      found.add("a token in " + place);
    }
    JWT.matcher(text)
        .results()
        .map(jwt -> header(jwt.group(1)))
        .filter(header -> BEARER_TYPES.stream().anyMatch(header::contains))
        .findFirst()
        .ifPresent(header -> found.add("a token " + header + " in " + place));
  }

  private static String header(String base64) {
    try {
      return new String(Base64.getUrlDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return ""; // only looks like one
    }
  }

  /** Each secret as it is, in hexadecimal, and in base64 whatever stands before it. */
  private Map<String, String> spellings() {
    var spellings = new LinkedHashMap<String, String>();
    for (String secret : secrets) {
      String what = secret.substring(0, 4) + "… (" + secret.length() + " characters)";
      byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
      spellings.put(secret, what);
      spellings.put(HexFormat.of().formatHex(bytes), what + " in hexadecimal");
      for (int skipped = 0; skipped < 3; skipped++) {
        int usable = (bytes.length - skipped) / 3 * 3;
        byte[] part = java.util.Arrays.copyOfRange(bytes, skipped, skipped + usable);
        spellings.put(Base64.getEncoder().encodeToString(part), what + " in base64");
      }
    }
    return spellings;
  }
}
