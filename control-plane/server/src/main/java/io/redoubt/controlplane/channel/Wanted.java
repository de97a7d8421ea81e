package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * A channel as somebody wants it, checked.
 *
 * @param secrets to be sealed
 * @param appId whose callbacks it takes; null: it takes none
 * @param ownership what callbacks are told apart by: one organization's and no other's; null: it
 *     takes none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Wanted(
    Channel.Kind kind,
    JsonNode settings,
    byte[] secrets,
    @Nullable String appId,
    byte @Nullable [] ownership) {}
