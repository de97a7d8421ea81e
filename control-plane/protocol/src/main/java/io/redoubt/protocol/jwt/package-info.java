/**
 * ES256 tokens: agent access, operator access, signed commands, service identity (RFC 7515, 7517,
 * 7519).
 */
@NullMarked
package io.redoubt.protocol.jwt;

import org.jspecify.annotations.NullMarked;
