/** Everything on one machine: starting, describing and stopping it. */
@NullMarked
package io.redoubt.standalone.up;

import org.jspecify.annotations.NullMarked;
