/** The commands about groups of approvers. */
@NullMarked
package io.redoubt.cli.group;

import org.jspecify.annotations.NullMarked;
