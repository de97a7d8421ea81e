/** Commands about enclaves. */
@NullMarked
package io.redoubt.cli.enclave;

import org.jspecify.annotations.NullMarked;
