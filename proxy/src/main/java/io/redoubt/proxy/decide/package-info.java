/**
 * What every plane does on the way of an action to its permit, and to its outcome: bodies within
 * limits, inspection, approval, the record, and why something is refused.
 */
@NullMarked
package io.redoubt.proxy.decide;

import org.jspecify.annotations.NullMarked;
