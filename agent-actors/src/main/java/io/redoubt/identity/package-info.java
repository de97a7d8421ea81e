/** The keys that sign agents' identities. */
@NullMarked
package io.redoubt.identity;

import org.jspecify.annotations.NullMarked;
