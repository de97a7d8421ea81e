/** What one invocation of the command line shares among its commands. */
@NullMarked
package io.redoubt.cli.session;

import org.jspecify.annotations.NullMarked;
