-- Up Migration
-- What visitors write in the contact form, signed in or not.
-- Lock: none on existing tables; a new table only.

CREATE TABLE contact_messages (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  user_id uuid,
  name text NOT NULL,
  email text NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT contact_messages_pkey PRIMARY KEY (id),
  CONSTRAINT contact_messages_name_check CHECK (btrim(name) <> '' AND length(name) <= 200),
  CONSTRAINT contact_messages_email_check CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND length(email) <= 254),
  CONSTRAINT contact_messages_subject_check CHECK (btrim(subject) <> '' AND length(subject) <= 200),
  CONSTRAINT contact_messages_body_check CHECK (btrim(body) <> '' AND length(body) <= 10000)
);

CREATE INDEX contact_messages_user_id_idx ON contact_messages (user_id);

COMMENT ON TABLE contact_messages IS 'Messages from the website''s contact form, as they came in.';
COMMENT ON COLUMN contact_messages.user_id IS
  'Cross-database reference: users.id of atriz_shared; null when the writer was not signed in.';
COMMENT ON COLUMN contact_messages.email IS 'Where to answer, as the writer gave it; nobody has verified it.';

-- Down Migration
-- Drops the table with every message in it.
-- Lock: ACCESS EXCLUSIVE on contact_messages.

DROP TABLE contact_messages;
