/** Model providers and their sealed keys. */
@NullMarked
package io.redoubt.controlplane.provider;

import org.jspecify.annotations.NullMarked;
