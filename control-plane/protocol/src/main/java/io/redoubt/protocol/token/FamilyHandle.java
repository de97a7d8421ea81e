package io.redoubt.protocol.token;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.UUID;

/**
 * What all tokens of one family have in common: whose they are, and 128 secret bits. The family's
 * id is a hash over all of it, so nobody who never held one of its tokens can name, and so revoke,
 * the family, and a handle moved to another agent or organization names a family that does not
 * exist.
 */
public record FamilyHandle(OrganizationId organization, AgentId agent, UUID secret) {
  static final int BYTES = 48;
  private static final SecureRandom RANDOM = new SecureRandom();

  public static FamilyHandle create(OrganizationId organization, AgentId agent) {
    return new FamilyHandle(organization, agent, new UUID(RANDOM.nextLong(), RANDOM.nextLong()));
  }

  public FamilyId familyId() {
    return FamilyId.ofDigest(TokenDigest.sha256(bytes()));
  }

  byte[] bytes() {
    var bytes = ByteBuffer.allocate(BYTES);
    put(bytes, organization.uuid());
    put(bytes, agent.uuid());
    put(bytes, secret);
    return bytes.array();
  }

  static FamilyHandle ofBytes(byte[] bytes) {
    var buffer = ByteBuffer.wrap(bytes);
    return new FamilyHandle(
        new OrganizationId(uuid(buffer)), new AgentId(uuid(buffer)), uuid(buffer));
  }

  private static void put(ByteBuffer buffer, UUID uuid) {
    buffer.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
  }

  private static UUID uuid(ByteBuffer buffer) {
    return new UUID(buffer.getLong(), buffer.getLong());
  }

  /** The secret bits stay out of logs. */
  @Override
  public String toString() {
    return "FamilyHandle[" + familyId() + "]";
  }
}
