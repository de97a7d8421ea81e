/** The ports behind the link to the control plane: cursors and outboxes, all durable. */
@NullMarked
package io.redoubt.link;

import org.jspecify.annotations.NullMarked;
