/** The audit record: an intent and, later, its outcome. */
@NullMarked
package io.redoubt.protocol.audit;

import org.jspecify.annotations.NullMarked;
