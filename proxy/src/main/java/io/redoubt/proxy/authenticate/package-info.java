/**
 * Who is calling: access tokens, proofs of possession and service identities, checked on the node.
 */
@NullMarked
package io.redoubt.proxy.authenticate;

import org.jspecify.annotations.NullMarked;
