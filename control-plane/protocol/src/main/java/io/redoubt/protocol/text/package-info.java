/** Text that people and machines can take as it is. */
@NullMarked
package io.redoubt.protocol.text;

import org.jspecify.annotations.NullMarked;
