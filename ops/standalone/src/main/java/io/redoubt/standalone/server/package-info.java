/** One server of a kind, for real deployments. */
@NullMarked
package io.redoubt.standalone.server;

import org.jspecify.annotations.NullMarked;
