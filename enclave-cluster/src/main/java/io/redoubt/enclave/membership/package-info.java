/** How nodes find each other, and what they know of each other. */
@NullMarked
package io.redoubt.enclave.membership;

import org.jspecify.annotations.NullMarked;
