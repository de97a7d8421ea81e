/** The control plane's own signing keys. */
@NullMarked
package io.redoubt.controlplane.key;

import org.jspecify.annotations.NullMarked;
