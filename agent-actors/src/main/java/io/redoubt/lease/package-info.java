/** Whether this node may act at all right now (DESIGN §2). */
@NullMarked
package io.redoubt.lease;

import org.jspecify.annotations.NullMarked;
