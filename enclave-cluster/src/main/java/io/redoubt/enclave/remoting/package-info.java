/** How nodes prove to each other that they belong together (decision 8). */
@NullMarked
package io.redoubt.enclave.remoting;

import org.jspecify.annotations.NullMarked;
