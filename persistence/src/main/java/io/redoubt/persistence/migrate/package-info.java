/** The schema: how it is made, and how a service makes sure that it fits. */
@NullMarked
package io.redoubt.persistence.migrate;

import org.jspecify.annotations.NullMarked;
