/** A stand-in for model providers, so that everything can be tried without a key. */
@NullMarked
package io.redoubt.standalone.demo;

import org.jspecify.annotations.NullMarked;
