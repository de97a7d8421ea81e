/** Commands about connectors. */
@NullMarked
package io.redoubt.cli.connector;

import org.jspecify.annotations.NullMarked;
