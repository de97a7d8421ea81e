/** Policies: the draft that operators write, and the bundles that are published of it. */
@NullMarked
package io.redoubt.controlplane.policy;

import org.jspecify.annotations.NullMarked;
