/** Commands about rules by priority. */
@NullMarked
package io.redoubt.cli.rules;

import org.jspecify.annotations.NullMarked;
