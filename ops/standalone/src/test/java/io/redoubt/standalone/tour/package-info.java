/** A new user's tour through the packaged product, as a test. */
@NullMarked
package io.redoubt.standalone.tour;

import org.jspecify.annotations.NullMarked;
