-- Up Migration
-- Records who dealt with a message and when, and finds those that still wait.
-- Lock: ACCESS EXCLUSIVE on contact_messages, for one reading of the table.

ALTER TABLE contact_messages
  ADD COLUMN handled_at timestamptz,
  ADD COLUMN handled_by uuid,
  ADD CONSTRAINT contact_messages_handled_check CHECK ((handled_at IS NULL) = (handled_by IS NULL));

CREATE INDEX contact_messages_waiting_idx ON contact_messages (created_at) WHERE handled_at IS NULL;
CREATE INDEX contact_messages_handled_by_idx ON contact_messages (handled_by);

COMMENT ON COLUMN contact_messages.handled_at IS 'When somebody dealt with the message; null while it waits.';
COMMENT ON COLUMN contact_messages.handled_by IS
  'Cross-database reference: users.id of atriz_shared, who dealt with it; set together with handled_at.';

-- Down Migration
-- Forgets what was dealt with: every message waits again.
-- Lock: ACCESS EXCLUSIVE on contact_messages, briefly.

ALTER TABLE contact_messages
  DROP COLUMN handled_by,
  DROP COLUMN handled_at;
