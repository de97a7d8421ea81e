package io.redoubt.revocation;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;

/**
 * Something that is no longer honoured, until the last access token it concerns has expired anyway.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "@type")
@JsonSubTypes({
  @JsonSubTypes.Type(Revocation.OfFamily.class),
  @JsonSubTypes.Type(Revocation.OfToken.class)
})
public sealed interface Revocation {
  OrganizationId organization();

  /** After this instant nothing is left to refuse. */
  Instant forgetAt();

  /** Every access token of the family. */
  @JsonTypeName("family")
  record OfFamily(OrganizationId organization, FamilyId family, Instant forgetAt)
      implements Revocation {}

  /** One access token. */
  @JsonTypeName("token")
  record OfToken(OrganizationId organization, String jti, Instant forgetAt) implements Revocation {}
}
