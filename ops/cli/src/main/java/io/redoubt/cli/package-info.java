/** The command line of Redoubt. */
@NullMarked
package io.redoubt.cli;

import org.jspecify.annotations.NullMarked;
