/** Commands about the audit log. */
@NullMarked
package io.redoubt.cli.audit;

import org.jspecify.annotations.NullMarked;
