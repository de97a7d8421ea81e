-- One access token can be ended without its agent: an order like the others, with its proof (G3).
ALTER TABLE control.lifecycle_order
  DROP CONSTRAINT lifecycle_order_kind_check,
  ADD CONSTRAINT lifecycle_order_kind_check
    CHECK (kind IN ('isolate', 'release', 'revoke', 'revoke-token', 'decommission'));
