-- Up Migration
-- Users who are to be deleted: asked for here, carried out over all databases by atriz maintain, which goes on where it
-- was stopped, and writes down what became of it.
-- Lock: none on existing tables; a new table only.

CREATE TABLE user_deletions (
  user_id uuid NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  requested_by uuid,
  state text NOT NULL DEFAULT 'requested',
  reason text,
  details jsonb NOT NULL DEFAULT '{}',
  finished_at timestamptz,
  CONSTRAINT user_deletions_pkey PRIMARY KEY (user_id),
  CONSTRAINT user_deletions_state_check CHECK (state IN ('requested', 'refused', 'done')),
  CONSTRAINT user_deletions_reason_check CHECK ((state = 'refused') = (reason IS NOT NULL)),
  CONSTRAINT user_deletions_finished_at_check CHECK ((state = 'requested') = (finished_at IS NULL))
);

CREATE INDEX user_deletions_requested_idx ON user_deletions (requested_at) WHERE state = 'requested';

COMMENT ON TABLE user_deletions IS
  'Users who are to be deleted, or were. To ask again after a refusal, put the row back to requested.';
COMMENT ON COLUMN user_deletions.user_id IS 'A users.id. No foreign key: it outlives the user.';
COMMENT ON COLUMN user_deletions.requested_by IS 'Who asked for it: the user, or somebody who may; null for a machine.';
COMMENT ON COLUMN user_deletions.state IS
  'requested: atriz maintain will carry it out. refused: something stands against it. done: the user is gone.';
COMMENT ON COLUMN user_deletions.reason IS 'What stands against it; null unless it was refused.';
COMMENT ON COLUMN user_deletions.details IS
  'Once done: how many rows were deleted or set to null, by the column that referred to the user.';

-- Down Migration
-- Forgets what was asked for; users who were not deleted by then stay.
-- Lock: ACCESS EXCLUSIVE on user_deletions.

DROP TABLE user_deletions;
