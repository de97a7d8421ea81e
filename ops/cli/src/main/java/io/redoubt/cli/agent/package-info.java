/** Commands about agents. */
@NullMarked
package io.redoubt.cli.agent;

import org.jspecify.annotations.NullMarked;
