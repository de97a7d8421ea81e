/** What must hold while parts of the product die. */
@NullMarked
package io.redoubt.multinode.fault;

import org.jspecify.annotations.NullMarked;
