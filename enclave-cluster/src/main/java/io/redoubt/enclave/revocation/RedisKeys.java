package io.redoubt.enclave.revocation;

import io.redoubt.protocol.id.EnclaveId;

/**
 * Where what stands in Redis; outside verifiers rely on it. The enclave's id is a hash tag, so that
 * all of it lies in one slot of a Redis cluster.
 *
 * @param stream of news: fields {@code revoked} and {@code until}
 * @param standing the snapshot, a sorted set: what is revoked, by the millisecond until which
 * @param heartbeat a text that changes for as long as the snapshot is known to be whole
 */
record RedisKeys(String stream, String standing, String heartbeat) {
  static RedisKeys of(EnclaveId enclave) {
    String prefix = "redoubt:{" + enclave + "}:revocations:";
    return new RedisKeys(prefix + "stream", prefix + "standing", prefix + "heartbeat");
  }
}
