/** A real PostgreSQL server of our own, run from the binaries on the class path. */
@NullMarked
package io.redoubt.persistence.embedded;

import org.jspecify.annotations.NullMarked;
