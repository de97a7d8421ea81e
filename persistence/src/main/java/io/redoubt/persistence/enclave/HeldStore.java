package io.redoubt.persistence.enclave;

import io.redoubt.approval.ApprovalBoard;
import io.redoubt.connector.Connectors;
import io.redoubt.identity.SigningKeyDirectory;
import io.redoubt.link.AuditOutbox;
import io.redoubt.link.LinkProgress;
import io.redoubt.organization.Organizations;
import io.redoubt.payload.PayloadStore;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.policy.BundleStore;
import io.redoubt.provider.Providers;
import io.redoubt.revocation.RevocationStore;

/**
 * What the holder of a singleton writes through: the ports of the store, each of whose writes is
 * carried out only while the tenure stands, decided in the same transaction.
 *
 * @param database for what has no port here
 */
public record HeldStore(
    Database database,
    LinkProgress linkProgress,
    AuditOutbox auditOutbox,
    Organizations organizations,
    Providers providers,
    Connectors connectors,
    BundleStore bundles,
    SigningKeyDirectory signingKeys,
    RevocationStore revocations,
    PayloadStore payloads,
    ApprovalBoard approvals) {}
