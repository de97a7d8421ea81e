/** The registry of agents and their kill switch. */
@NullMarked
package io.redoubt.controlplane.agent;

import org.jspecify.annotations.NullMarked;
