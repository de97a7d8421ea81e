/** Running a program under an agent's identity. */
@NullMarked
package io.redoubt.cli.run;

import org.jspecify.annotations.NullMarked;
