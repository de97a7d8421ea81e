/** The packaged product: the command line, and the servers it starts. */
@NullMarked
package io.redoubt.standalone;

import org.jspecify.annotations.NullMarked;
