/** How nodes prove to each other that they belong together (DESIGN §5). */
@NullMarked
package io.redoubt.enclave.remoting;

import org.jspecify.annotations.NullMarked;
