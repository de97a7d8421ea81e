/** What an enclave keeps in PostgreSQL: the adapters of every port in {@code agent-actors}. */
@NullMarked
package io.redoubt.persistence.enclave;

import org.jspecify.annotations.NullMarked;
