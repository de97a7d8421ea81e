/** Commands about an enclave's cluster. */
@NullMarked
package io.redoubt.cli.cluster;

import org.jspecify.annotations.NullMarked;
