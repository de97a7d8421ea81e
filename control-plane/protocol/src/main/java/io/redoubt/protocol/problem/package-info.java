/** The closed list of error types and their problem documents (RFC 9457). */
@NullMarked
package io.redoubt.protocol.problem;

import org.jspecify.annotations.NullMarked;
