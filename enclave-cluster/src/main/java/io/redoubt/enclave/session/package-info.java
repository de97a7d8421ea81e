/** What is told of how agents behave. */
@NullMarked
package io.redoubt.enclave.session;

import org.jspecify.annotations.NullMarked;
