@NullMarked
package io.redoubt.bench.load;

import org.jspecify.annotations.NullMarked;
