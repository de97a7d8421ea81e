/**
 * Others' servers that the control plane talks to, as strict stand-ins; other modules' tests use
 * them.
 */
@NullMarked
package io.redoubt.controlplane.testing;

import org.jspecify.annotations.NullMarked;
