@NullMarked
package io.redoubt.bench.measure;

import org.jspecify.annotations.NullMarked;
