-- A client of a member that was given nothing by name used to have whatever its member had, later
-- promotions included. From here on a client has what it was given when it was made, cut down to
-- what its member may do at the moment: those that stand keep the roles that their members have now.

INSERT INTO control.role_binding (organization_id, subject_id, role, granted_at, granted_by)
SELECT c.organization_id, c.id, b.role, now(), 'redoubt'
  FROM control.oauth_client c
  JOIN control.role_binding b
    ON b.organization_id = c.organization_id AND b.subject_id = c.member_id
   AND b.revoked_at IS NULL
 WHERE c.deleted_at IS NULL
   AND c.permissions = '[]'
   AND NOT EXISTS (
     SELECT FROM control.role_binding own
      WHERE own.organization_id = c.organization_id AND own.subject_id = c.id
        AND own.revoked_at IS NULL);
