/**
 * The node lease: a node acts only while it has lately heard from a majority, and has applied what
 * they know to be stopped (decision 9).
 */
@NullMarked
package io.redoubt.enclave.lease;

import org.jspecify.annotations.NullMarked;
