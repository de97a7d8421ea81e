/** What may be spent, as commands ask for it. */
@NullMarked
package io.redoubt.cli.budget;

import org.jspecify.annotations.NullMarked;
