/** What agents may spend: kept before the act, charged after it, never more than the budget. */
@NullMarked
package io.redoubt.budget;

import org.jspecify.annotations.NullMarked;
