/** What models cost. */
@NullMarked
package io.redoubt.cli.usage;

import org.jspecify.annotations.NullMarked;
