package io.redoubt.controlplane.operator;

import io.redoubt.protocol.id.OrganizationId;
import org.jdbi.v3.core.Handle;

/** One transaction of one organization: row-level security shows it that organization's rows. */
public interface Transaction {
  OrganizationId organization();

  /** For those who know the tables. */
  Handle handle();

  static Transaction of(OrganizationId organization, Handle handle) {
    return new Transaction() {
      @Override
      public OrganizationId organization() {
        return organization;
      }

      @Override
      public Handle handle() {
        return handle;
      }
    };
  }
}
