/** Deletes what is past its time. */
@NullMarked
package io.redoubt.enclave.janitor;

import org.jspecify.annotations.NullMarked;
