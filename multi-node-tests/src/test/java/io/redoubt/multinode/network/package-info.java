/** What lies between processes, and how it breaks. */
@NullMarked
package io.redoubt.multinode.network;

import org.jspecify.annotations.NullMarked;
