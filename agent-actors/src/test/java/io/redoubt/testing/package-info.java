/** Fakes that keep the contracts of the ports, in memory. Published as this module's test jar. */
@NullMarked
package io.redoubt.testing;

import org.jspecify.annotations.NullMarked;
