/** Organizations, members, roles, OAuth clients and operator tokens. */
@NullMarked
package io.redoubt.controlplane.iam;

import org.jspecify.annotations.NullMarked;
