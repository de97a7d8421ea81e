package io.redoubt.controlplane.iam;

import io.redoubt.controlplane.operator.Change;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;

/** Who has which role. A binding that ends stays as history. */
final class RoleBindings {
  private RoleBindings() {}

  static Set<Role> of(Change change, UUID subject) {
    var roles = EnumSet.noneOf(Role.class);
    change
        .handle()
        .createQuery(
            """
            SELECT role FROM control.role_binding
            WHERE organization_id = :organization AND subject_id = :subject AND revoked_at IS NULL
            """)
        .bind("organization", change.organization().uuid())
        .bind("subject", subject)
        .mapTo(String.class)
        .forEach(role -> roles.add(Role.of(role)));
    return roles;
  }

  /** Makes these the subject's roles, and no others. */
  static void set(Change change, UUID subject, Set<Role> wanted) {
    Set<Role> standing = of(change, subject);
    for (Role role : standing) {
      if (!wanted.contains(role)) {
        end(change, subject, role);
      }
    }
    for (Role role : wanted) {
      if (!standing.contains(role)) {
        begin(change, subject, role);
      }
    }
  }

  private static void begin(Change change, UUID subject, Role role) {
    change
        .handle()
        .createUpdate(
            """
            INSERT INTO control.role_binding
              (organization_id, subject_id, role, granted_at, granted_by)
            VALUES (:organization, :subject, :role, :now, :by)
            """)
        .bind("organization", change.organization().uuid())
        .bind("subject", subject)
        .bind("role", role.wire())
        .bind("now", change.now())
        .bind("by", change.operator().subject())
        .execute();
  }

  private static void end(Change change, UUID subject, Role role) {
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.role_binding SET revoked_at = :now, revoked_by = :by
            WHERE organization_id = :organization AND subject_id = :subject AND role = :role
              AND revoked_at IS NULL
            """)
        .bind("organization", change.organization().uuid())
        .bind("subject", subject)
        .bind("role", role.wire())
        .bind("now", change.now())
        .bind("by", change.operator().subject())
        .execute();
  }
}
