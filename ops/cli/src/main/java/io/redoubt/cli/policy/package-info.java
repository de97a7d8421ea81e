/** Commands about policies. */
@NullMarked
package io.redoubt.cli.policy;

import org.jspecify.annotations.NullMarked;
