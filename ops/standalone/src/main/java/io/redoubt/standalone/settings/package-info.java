/** What processes run by. */
@NullMarked
package io.redoubt.standalone.settings;

import org.jspecify.annotations.NullMarked;
