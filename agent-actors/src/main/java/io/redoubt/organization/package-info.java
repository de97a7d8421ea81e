/** The port to what an enclave knows of the organizations it serves. */
@NullMarked
package io.redoubt.organization;

import org.jspecify.annotations.NullMarked;
