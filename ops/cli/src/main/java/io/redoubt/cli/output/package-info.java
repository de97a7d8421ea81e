/** Tables for people, JSON for programs, progress for those who wait. */
@NullMarked
package io.redoubt.cli.output;

import org.jspecify.annotations.NullMarked;
