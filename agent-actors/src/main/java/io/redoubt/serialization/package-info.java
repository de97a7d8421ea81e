/** What Jackson must know beside the protocols' own annotations to read and write them. */
@NullMarked
package io.redoubt.serialization;

import org.jspecify.annotations.NullMarked;
