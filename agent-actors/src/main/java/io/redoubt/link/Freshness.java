package io.redoubt.link;

import io.redoubt.protocol.id.OrganizationId;

/** Whether what is known here is fresh enough to act on (G8). Costs next to nothing to ask. */
public interface Freshness {
  /** How it stands for an organization. */
  enum Standing {
    /** The control plane was heard within the window. */
    FRESH,
    /** It was not, and the organization goes on all the same. */
    CONTINUED,
    /** It was not: every action is denied. */
    FROZEN
  }

  Standing standing(OrganizationId organization);
}
