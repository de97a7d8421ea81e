/** Remembering who is calling. */
@NullMarked
package io.redoubt.cli.login;

import org.jspecify.annotations.NullMarked;
