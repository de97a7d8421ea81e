package io.redoubt.protocol.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Identifies a token family: a hash of the secret handle that its tokens carry. */
public record FamilyId(UUID uuid) {
  private static final String PREFIX = "fam_";

  /** The first 128 bits of a digest. */
  public static FamilyId ofDigest(byte[] digest) {
    var bytes = ByteBuffer.wrap(digest);
    return new FamilyId(new UUID(bytes.getLong(), bytes.getLong()));
  }

  /**
   * Reads the written form.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static FamilyId parse(@Nullable String text) {
    return new FamilyId(Uuids.parse(PREFIX, text));
  }

  @JsonValue
  @Override
  public String toString() {
    return Uuids.format(PREFIX, uuid);
  }
}
