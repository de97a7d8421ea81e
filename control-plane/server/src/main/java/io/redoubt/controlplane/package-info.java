/** The control plane, put together. */
@NullMarked
package io.redoubt.controlplane;

import org.jspecify.annotations.NullMarked;
