/** What agents and organizations may spend, as operators say and see it. */
@NullMarked
package io.redoubt.controlplane.budget;

import org.jspecify.annotations.NullMarked;
