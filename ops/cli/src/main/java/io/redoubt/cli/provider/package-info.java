/** Commands about model providers. */
@NullMarked
package io.redoubt.cli.provider;

import org.jspecify.annotations.NullMarked;
