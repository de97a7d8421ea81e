/** What every command stands on: the machine, exit codes, and how a command fails. */
@NullMarked
package io.redoubt.cli.command;

import org.jspecify.annotations.NullMarked;
