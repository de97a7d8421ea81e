/** Many small writes in few transactions: group commit, from the caller's side. */
@NullMarked
package io.redoubt.persistence.batch;

import org.jspecify.annotations.NullMarked;
