package io.redoubt.persistence.sealing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.id.OrganizationId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KeyringTest {
  private static final OrganizationId ACME = OrganizationId.next(InstantSource.system());
  private static final OrganizationId GLOBEX = OrganizationId.next(InstantSource.system());
  private static final byte[] SECRET = "sk-provider-key".getBytes(StandardCharsets.UTF_8);

  @TempDir Path directory;
  private TemporaryDatabase temporary;
  private Database database;
  private FileKeyProvider provider;

  @BeforeEach
  void start() {
    temporary = TemporaryDatabase.create();
    database = open(DatabaseRole.ENCLAVE);
    provider = FileKeyProvider.openOrCreate(directory.resolve("master.key"));
  }

  @AfterEach
  void stop() {
    database.close();
    temporary.close();
  }

  @ParameterizedTest
  @EnumSource
  void whatIsSealedOpensAfterARestart(KeySchema schema) {
    var role = schema == KeySchema.CONTROL ? DatabaseRole.CONTROL : DatabaseRole.ENCLAVE;
    try (var own = open(role)) {
      byte[] sealed = new Keyring(provider, own, schema).sealNow(ACME, "row/1", SECRET);

      assertThat(new Keyring(provider, own, schema).openNow(ACME, "row/1", sealed))
          .isEqualTo(SECRET);
      assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).doesNotContain("sk-provider");
    }
  }

  @Test
  void nothingOpensInAnotherRowOrForAnotherOrganization() {
    var keyring = keyring();
    byte[] sealed = keyring.sealNow(ACME, "row/1", SECRET);
    keyring.warmNow(GLOBEX);

    assertThatThrownBy(() -> keyring.openNow(ACME, "row/2", sealed))
        .isInstanceOf(SealBrokenException.class);
    assertThatThrownBy(() -> keyring.openNow(GLOBEX, "row/1", sealed))
        .isInstanceOf(SealBrokenException.class);
  }

  @Test
  void everyChangedByteBreaksTheSeal() {
    var keyring = keyring();
    byte[] sealed = keyring.sealNow(ACME, "row/1", SECRET);

    IntStream.range(0, sealed.length)
        .forEach(i -> {
          byte[] changed = sealed.clone();
          changed[i] ^= 1;
          assertThatThrownBy(() -> keyring.openNow(ACME, "row/1", changed))
              .isInstanceOf(SealBrokenException.class);
        });
    assertThatThrownBy(() -> keyring.openNow(ACME, "row/1", Arrays.copyOf(sealed, 20)))
        .isInstanceOf(SealBrokenException.class);
  }

  @Test
  void theSameSecretSealsDifferentlyEachTime() {
    var keyring = keyring();

    assertThat(keyring.sealNow(ACME, "row/1", SECRET))
        .isNotEqualTo(keyring.sealNow(ACME, "row/1", SECRET));
  }

  @Test
  void afterARotationTheOldStillOpensAndTheNewIsUnderTheNewKey() {
    var keyring = keyring();
    byte[] old = keyring.sealNow(ACME, "row/1", SECRET);
    keyring.rotateNow(ACME);
    byte[] fresh = keyring.sealNow(ACME, "row/1", SECRET);

    assertThat(keyring().openNow(ACME, "row/1", old)).isEqualTo(SECRET);
    assertThat(keyring().openNow(ACME, "row/1", fresh)).isEqualTo(SECRET);
    assertThat(fresh[16]).isEqualTo((byte) 2);
  }

  @Test
  void ofManyNodesThatNeedTheFirstKeyAllUseTheSame() {
    var sealed =
        IntStream.range(0, 8)
            .parallel()
            .mapToObj(_ -> keyring().sealNow(ACME, "row/1", SECRET))
            .toList();

    var keyring = keyring();
    assertThat(sealed)
        .allSatisfy(s -> assertThat(keyring.openNow(ACME, "row/1", s)).isEqualTo(SECRET));
  }

  @Test
  void anotherMasterKeyOpensNothing() {
    byte[] sealed = keyring().sealNow(ACME, "row/1", SECRET);
    var other =
        new Keyring(
            FileKeyProvider.openOrCreate(directory.resolve("other.key")),
            database,
            KeySchema.ENCLAVE);

    assertThatThrownBy(() -> other.openNow(ACME, "row/1", sealed))
        .isInstanceOf(SealBrokenException.class);
  }

  @Test
  void aSecretOfTheServiceItselfOpensUnderItsNameOnly() {
    var keyring = keyring();
    byte[] sealed = keyring.sealShared("enrolment-key", SECRET);

    assertThat(keyring.openShared("enrolment-key", sealed)).isEqualTo(SECRET);
    assertThatThrownBy(() -> keyring.openShared("another", sealed))
        .isInstanceOf(SealBrokenException.class);
  }

  @Test
  void withoutBlockingItIsTheSame() {
    var keyring = keyring();

    byte[] sealed = keyring.seal(ACME, "row/1", SECRET).toCompletableFuture().join();

    assertThat(keyring.open(ACME, "row/1", sealed).toCompletableFuture().join()).isEqualTo(SECRET);
  }

  private Keyring keyring() {
    return new Keyring(provider, database, KeySchema.ENCLAVE);
  }

  private Database open(DatabaseRole role) {
    return Database.open(temporary.config(role, 4), new SimpleMeterRegistry());
  }
}
