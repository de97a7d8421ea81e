/** How the control plane's rows are read and written. */
@NullMarked
package io.redoubt.controlplane.store;

import org.jspecify.annotations.NullMarked;
