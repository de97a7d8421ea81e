/** Requests for approval as enclaves report them, and decisions on their way there. */
@NullMarked
package io.redoubt.controlplane.approval;

import org.jspecify.annotations.NullMarked;
