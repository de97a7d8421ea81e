/** A way between two processes that tests can break. */
@NullMarked
package io.redoubt.testing.line;

import org.jspecify.annotations.NullMarked;
