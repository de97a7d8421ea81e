/** The governed action: the one form in which every plane asks. */
@NullMarked
package io.redoubt.action;

import org.jspecify.annotations.NullMarked;
