/** What one node does for the approvals of all: it wakes those whose time has come. */
@NullMarked
package io.redoubt.enclave.approval;

import org.jspecify.annotations.NullMarked;
