/** Policy: Cedar text compiled once, and asked about every action. */
@NullMarked
package io.redoubt.policy;

import org.jspecify.annotations.NullMarked;
