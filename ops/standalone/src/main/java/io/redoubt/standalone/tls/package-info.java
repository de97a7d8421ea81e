/** Certificates for one machine. */
@NullMarked
package io.redoubt.standalone.tls;

import org.jspecify.annotations.NullMarked;
