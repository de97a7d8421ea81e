/** What an enclave has one of, and how a holder that was replaced is kept from writing. */
@NullMarked
package io.redoubt.singleton;

import org.jspecify.annotations.NullMarked;
