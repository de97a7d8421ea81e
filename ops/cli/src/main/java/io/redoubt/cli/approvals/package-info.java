/** Commands about requests for approval. */
@NullMarked
package io.redoubt.cli.approvals;

import org.jspecify.annotations.NullMarked;
