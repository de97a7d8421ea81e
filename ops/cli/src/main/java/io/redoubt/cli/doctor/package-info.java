/** Saying what is wrong before somebody has to find out. */
@NullMarked
package io.redoubt.cli.doctor;

import org.jspecify.annotations.NullMarked;
