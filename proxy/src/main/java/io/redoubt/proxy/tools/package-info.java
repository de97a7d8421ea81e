/** Operations of connectors: the act itself is done here, with a credential that no agent sees. */
@NullMarked
package io.redoubt.proxy.tools;

import org.jspecify.annotations.NullMarked;
