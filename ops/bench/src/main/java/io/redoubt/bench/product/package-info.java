/** The packaged product, as its outside contract shows it: started, set up, stopped. */
@NullMarked
package io.redoubt.bench.product;

import org.jspecify.annotations.NullMarked;
