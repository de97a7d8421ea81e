/** What must hold whatever is sent. */
@NullMarked
package io.redoubt.multinode.badinput;

import org.jspecify.annotations.NullMarked;
