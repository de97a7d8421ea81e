/** The vendors' own SDKs as agents, for the tests of this module and of the packaged product. */
@NullMarked
package io.redoubt.proxy.sdk;

import org.jspecify.annotations.NullMarked;
