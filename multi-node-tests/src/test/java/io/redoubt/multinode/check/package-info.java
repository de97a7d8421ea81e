/** Checkers of the guarantees. They know histories and nothing of the product. */
@NullMarked
package io.redoubt.multinode.check;

import org.jspecify.annotations.NullMarked;
