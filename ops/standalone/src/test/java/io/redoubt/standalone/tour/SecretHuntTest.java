package io.redoubt.standalone.tour;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hunt that finds nothing says something only because it finds what is there. */
class SecretHuntTest {
  private static final String SECRET = "a secret that is long enough";

  private final SecretHunt hunt = new SecretHunt();

  @TempDir Path directory;

  private List<String> found(String text) {
    var found = new ArrayList<String>();
    hunt.search("place", text, found);
    return found;
  }

  @Test
  void aSecretIsFoundInEverySpelling() {
    hunt.handled(SECRET);
    byte[] bytes = SECRET.getBytes(StandardCharsets.UTF_8);

    assertThat(found("x" + SECRET + "y")).hasSize(1);
    assertThat(found("\\\\x" + HexFormat.of().formatHex(bytes))).hasSize(1);
    for (String before : List.of("", "1", "12")) {
      String text =
          Base64.getEncoder().encodeToString((before + SECRET).getBytes(StandardCharsets.UTF_8));
      assertThat(found(text)).as(before).isNotEmpty();
    }
    assertThat(found(SECRET.substring(1))).isEmpty();
  }

  @Test
  void filesAreSearchedAlsoWhenTheyArePacked() throws IOException {
    hunt.handled(SECRET);
    Files.writeString(directory.resolve("plain"), SECRET);
    try (var packed = new GZIPOutputStream(Files.newOutputStream(directory.resolve("packed.gz")))) {
      packed.write(SECRET.getBytes(StandardCharsets.UTF_8));
    }

    assertThat(hunt.inFiles(directory)).hasSize(2);
  }

  @Test
  void whatHasTheFormOfATokenIsFoundByIt() {
    var organization = new OrganizationId(new UUID(1, 1));
    var agent = AgentId.next(Clock.systemUTC());
    var key = SigningKey.generate();
    String access =
        new AccessClaims(
                "urn:redoubt:enclave:x",
                "urn:redoubt:enclave:x",
                agent,
                organization,
                new FamilyId(new UUID(2, 2)),
                "jti",
                Instant.EPOCH,
                Instant.EPOCH,
                List.of(),
                null)
            .sign(key);
    var handle = FamilyHandle.create(organization, agent);

    assertThat(found("token=" + access + ";")).hasSize(1);
    for (var kind : AgentToken.Kind.values()) {
      assertThat(found("\"" + AgentToken.mint(kind, handle).reveal() + "\"")).hasSize(1);
    }
    assertThat(found(Jws.sign(key, Jws.Type.LINK_COMMAND, new byte[40]))).isEmpty();
    assertThat(found(agent.toString())).isEmpty();
  }
}
