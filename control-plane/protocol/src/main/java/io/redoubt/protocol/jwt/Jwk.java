package io.redoubt.protocol.jwt;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * The public half of a P-256 signing key (RFC 7517, RFC 7518 §6.2).
 *
 * @param use {@code sig}, where it is said
 * @param alg {@code ES256}, where it is said
 * @param kid its thumbprint (RFC 7638)
 * @param x 32 bytes, base64url without padding
 * @param y 32 bytes, base64url without padding
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Jwk(
    @JsonProperty("kty") String kty,
    @JsonProperty("crv") String crv,
    @JsonProperty("kid") String kid,
    @JsonProperty("use") @Nullable String use,
    @JsonProperty("alg") @Nullable String alg,
    @JsonProperty("x") String x,
    @JsonProperty("y") String y) {}
