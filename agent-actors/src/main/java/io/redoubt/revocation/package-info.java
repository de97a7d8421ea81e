/** What is no longer honoured although it has not expired (G2). */
@NullMarked
package io.redoubt.revocation;

import org.jspecify.annotations.NullMarked;
