/** Whether this node may act at all right now (decision 9). */
@NullMarked
package io.redoubt.lease;

import org.jspecify.annotations.NullMarked;
