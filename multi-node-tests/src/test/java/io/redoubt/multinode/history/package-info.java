/** What clients saw, call by call: the input of every check. */
@NullMarked
package io.redoubt.multinode.history;

import org.jspecify.annotations.NullMarked;
