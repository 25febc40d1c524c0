-- Up Migration
-- Lets a page wait as a draft: it is public from published_at on. Pages that exist were public, and stay so.
-- Lock: ACCESS EXCLUSIVE on pages, for as long as it takes to stamp the existing rows and index them.

ALTER TABLE pages ADD COLUMN published_at timestamptz;

-- Stamping is no edit: updated_at must not move.
ALTER TABLE pages DISABLE TRIGGER pages_set_updated_at;
UPDATE pages SET published_at = created_at;
ALTER TABLE pages ENABLE TRIGGER pages_set_updated_at;

CREATE INDEX pages_published_at_idx ON pages (published_at DESC) WHERE published_at IS NOT NULL;

COMMENT ON COLUMN pages.published_at IS 'Public from this moment on; null for a draft.';

-- Down Migration
-- Takes drafts and publication dates away. Drafts become public, since pages know no other state without the column.
-- Lock: ACCESS EXCLUSIVE on pages, briefly.

ALTER TABLE pages DROP COLUMN published_at;
