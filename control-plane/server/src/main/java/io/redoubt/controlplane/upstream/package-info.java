/** What everything that enclaves call on behalf of agents has in common. */
@NullMarked
package io.redoubt.controlplane.upstream;

import org.jspecify.annotations.NullMarked;
