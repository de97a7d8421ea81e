/** The port to the recorded requests and replies. */
@NullMarked
package io.redoubt.payload;

import org.jspecify.annotations.NullMarked;
