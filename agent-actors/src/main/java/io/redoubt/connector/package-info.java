/** The port to the connectors and their sealed secrets. */
@NullMarked
package io.redoubt.connector;

import org.jspecify.annotations.NullMarked;
