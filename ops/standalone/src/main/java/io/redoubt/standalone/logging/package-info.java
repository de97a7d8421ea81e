/** Where log lines go, and what never gets into them. */
@NullMarked
package io.redoubt.standalone.logging;

import org.jspecify.annotations.NullMarked;
