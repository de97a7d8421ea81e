/** The link to the control plane: commands in, reports and audit out (G8, G10). */
@NullMarked
package io.redoubt.enclave.link;

import org.jspecify.annotations.NullMarked;
