/** Requests for approval: who is asked, what they said, and what may be done with it. */
@NullMarked
package io.redoubt.approval;

import org.jspecify.annotations.NullMarked;
