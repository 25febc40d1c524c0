-- Up Migration
-- The website's pages, found by their slug.
-- Lock: none on existing tables; a new table only.

CREATE TABLE pages (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  slug text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  author_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pages_pkey PRIMARY KEY (id),
  CONSTRAINT pages_slug_key UNIQUE (slug),
  CONSTRAINT pages_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 100),
  CONSTRAINT pages_title_check CHECK (btrim(title) <> '' AND length(title) <= 200)
);

CREATE INDEX pages_author_id_idx ON pages (author_id);

CREATE TRIGGER pages_set_updated_at
  BEFORE UPDATE ON pages
  FOR EACH ROW
  EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE pages IS 'The pages of the website.';
COMMENT ON COLUMN pages.slug IS 'The page''s address: lower-case words and hyphens.';
COMMENT ON COLUMN pages.body IS 'Markdown.';
COMMENT ON COLUMN pages.author_id IS 'Cross-database reference: users.id of atriz_shared.';

-- Down Migration
-- Drops the table with every page in it.
-- Lock: ACCESS EXCLUSIVE on pages.

DROP TABLE pages;
