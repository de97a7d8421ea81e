/** Spans of what an enclave does for its callers. */
@NullMarked
package io.redoubt.enclave.tracing;

import org.jspecify.annotations.NullMarked;
