/** Single operations in isolation, measured with JMH. */
@NullMarked
package io.redoubt.bench.micro;

import org.jspecify.annotations.NullMarked;
