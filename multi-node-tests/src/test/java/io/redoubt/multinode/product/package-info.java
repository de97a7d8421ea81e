/** The packaged product as its users meet it: processes, ports, files. */
@NullMarked
package io.redoubt.multinode.product;

import org.jspecify.annotations.NullMarked;
