/** The operator API as the command line calls it. */
@NullMarked
package io.redoubt.cli.api;

import org.jspecify.annotations.NullMarked;
