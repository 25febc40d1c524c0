-- Up Migration
-- Writes into audit_log what happens to accounts, roles, API tokens and tokens that go by mail, from within the database:
-- so that psql leaves its trace too. The triggers wait for the end of the transaction, so that its other locks are taken
-- before the one on the log: writers queue for a moment, and never in a circle.
-- Lock: SHARE ROW EXCLUSIVE on users, user_roles, auth_tokens and user_deletions, briefly.

CREATE FUNCTION audit_user() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM record_audit('user.created', NEW.id);
    RETURN NULL;
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM record_audit('user.deleted', OLD.id);
    RETURN NULL;
  END IF;
  IF NEW.email <> OLD.email THEN
    PERFORM record_audit('user.email_changed', NEW.id);
  END IF;
  IF NEW.email_verified <> OLD.email_verified THEN
    PERFORM record_audit(CASE WHEN NEW.email_verified THEN 'user.email_verified' ELSE 'user.email_unverified' END, NEW.id);
  END IF;
  IF NEW.password_hash <> OLD.password_hash THEN
    -- At sign-in a hash of a lower cost gives way to one of the same password; the code says so.
    PERFORM record_audit(CASE current_setting('atriz.password_rehashed', true)
      WHEN 'on' THEN 'user.password_rehashed' ELSE 'user.password_changed' END, NEW.id);
  END IF;
  IF NEW.name <> OLD.name THEN
    PERFORM record_audit('user.renamed', NEW.id);
  END IF;
  IF NEW.is_active <> OLD.is_active THEN
    PERFORM record_audit(CASE WHEN NEW.is_active THEN 'user.activated' ELSE 'user.deactivated' END, NEW.id);
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION audit_user_role() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM record_audit('role.revoked', OLD.user_id, jsonb_build_object('role', (SELECT name FROM roles WHERE id = OLD.role_id)));
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM record_audit('role.granted', NEW.user_id, jsonb_build_object('role', (SELECT name FROM roles WHERE id = NEW.role_id)));
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION audit_auth_token() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM record_audit('api_token.revoked', OLD.user_id, jsonb_build_object('token', OLD.id));
  ELSIF NEW.token_type = 'api' THEN
    PERFORM record_audit('api_token.created', NEW.user_id, jsonb_build_object('token', NEW.id));
  ELSE
    PERFORM record_audit(NEW.token_type || '.requested', NEW.user_id);
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION audit_user_deletion() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
  PERFORM record_audit('user_deletion.' || NEW.state, NEW.user_id, CASE NEW.state
    WHEN 'requested' THEN jsonb_build_object('requested_by', NEW.requested_by)
    WHEN 'refused' THEN jsonb_build_object('reason', NEW.reason)
    ELSE NEW.details
  END);
  RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER users_audit
  AFTER INSERT OR DELETE ON users
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  EXECUTE FUNCTION audit_user();

CREATE CONSTRAINT TRIGGER users_audit_update
  AFTER UPDATE ON users
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  WHEN ((OLD.email, OLD.email_verified, OLD.password_hash, OLD.name, OLD.is_active)
    IS DISTINCT FROM (NEW.email, NEW.email_verified, NEW.password_hash, NEW.name, NEW.is_active))
  EXECUTE FUNCTION audit_user();

CREATE CONSTRAINT TRIGGER user_roles_audit
  AFTER INSERT OR DELETE ON user_roles
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  EXECUTE FUNCTION audit_user_role();

CREATE CONSTRAINT TRIGGER user_roles_audit_update
  AFTER UPDATE ON user_roles
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  WHEN ((OLD.user_id, OLD.role_id) IS DISTINCT FROM (NEW.user_id, NEW.role_id))
  EXECUTE FUNCTION audit_user_role();

CREATE CONSTRAINT TRIGGER auth_tokens_audit_insert
  AFTER INSERT ON auth_tokens
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  WHEN (NEW.token_type IN ('api', 'email_verification', 'password_reset'))
  EXECUTE FUNCTION audit_auth_token();

CREATE CONSTRAINT TRIGGER auth_tokens_audit_revoke
  AFTER UPDATE ON auth_tokens
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  WHEN (OLD.token_type = 'api' AND OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
  EXECUTE FUNCTION audit_auth_token();

CREATE CONSTRAINT TRIGGER auth_tokens_audit_delete
  AFTER DELETE ON auth_tokens
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  WHEN (OLD.token_type = 'api' AND OLD.revoked_at IS NULL AND OLD.expires_at > now())
  EXECUTE FUNCTION audit_auth_token();

CREATE CONSTRAINT TRIGGER user_deletions_audit
  AFTER INSERT ON user_deletions
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  EXECUTE FUNCTION audit_user_deletion();

CREATE CONSTRAINT TRIGGER user_deletions_audit_update
  AFTER UPDATE ON user_deletions
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION audit_user_deletion();

COMMENT ON FUNCTION audit_user() IS
  'Trigger function: user.created, user.deleted, and one of user.… for each thing about the account that was changed.';
COMMENT ON FUNCTION audit_user_role() IS 'Trigger function: role.granted and role.revoked, with the name of the role.';
COMMENT ON FUNCTION audit_auth_token() IS
  'Trigger function: api_token.created and api_token.revoked with the row''s id, email_verification.requested, '
  'password_reset.requested. Sessions are told by the code that begins and ends them.';
COMMENT ON FUNCTION audit_user_deletion() IS
  'Trigger function: user_deletion.requested, .refused with the reason, .done with the rows that went along.';

-- Down Migration
-- Takes the triggers away; what they wrote stays.
-- Lock: ACCESS EXCLUSIVE on users, user_roles, auth_tokens and user_deletions, briefly.

DROP TRIGGER user_deletions_audit_update ON user_deletions;
DROP TRIGGER user_deletions_audit ON user_deletions;
DROP TRIGGER auth_tokens_audit_delete ON auth_tokens;
DROP TRIGGER auth_tokens_audit_revoke ON auth_tokens;
DROP TRIGGER auth_tokens_audit_insert ON auth_tokens;
DROP TRIGGER user_roles_audit_update ON user_roles;
DROP TRIGGER user_roles_audit ON user_roles;
DROP TRIGGER users_audit_update ON users;
DROP TRIGGER users_audit ON users;
DROP FUNCTION audit_user_deletion();
DROP FUNCTION audit_auth_token();
DROP FUNCTION audit_user_role();
DROP FUNCTION audit_user();
