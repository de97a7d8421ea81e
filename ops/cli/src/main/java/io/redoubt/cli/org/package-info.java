/** Commands about the caller's own organization. */
@NullMarked
package io.redoubt.cli.org;

import org.jspecify.annotations.NullMarked;
