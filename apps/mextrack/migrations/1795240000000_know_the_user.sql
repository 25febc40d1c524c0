-- Up Migration
-- Tells row-level security for whom a transaction works: withUser of @atriz/database sets it, for one transaction only.
-- Lock: none on existing tables; new functions only.

CREATE FUNCTION current_user_id() RETURNS uuid
LANGUAGE sql
STABLE
PARALLEL SAFE
RETURN nullif(current_setting('atriz.user_id', true), '')::uuid;

CREATE FUNCTION current_user_has_role(role text) RETURNS boolean
LANGUAGE sql
STABLE
PARALLEL SAFE
RETURN coalesce(role = ANY (string_to_array(current_setting('atriz.user_roles', true), ',')), false);

COMMENT ON FUNCTION current_user_id() IS
  'The user whom this transaction works for; null outside of withUser. In a policy: user_id = (SELECT current_user_id()), '
  'which is asked once for a statement and not once for a row.';
COMMENT ON FUNCTION current_user_has_role(text) IS
  'Whether the user whom this transaction works for holds a role; false outside of withUser.';

-- Down Migration
-- Takes the functions away again; by now no policy uses them.
-- Lock: none on tables.

DROP FUNCTION current_user_has_role(text);
DROP FUNCTION current_user_id();
