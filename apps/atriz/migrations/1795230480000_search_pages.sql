-- Up Migration
-- Full-text search over pages, titles before bodies, kept by PostgreSQL itself.
-- Lock: ACCESS EXCLUSIVE on pages while the table is rewritten and the index is built.

ALTER TABLE pages ADD COLUMN search_vector tsvector NOT NULL GENERATED ALWAYS AS (
  setweight(to_tsvector('english'::regconfig, title), 'A') || setweight(to_tsvector('english'::regconfig, body), 'B')
) STORED;

CREATE INDEX pages_search_vector_idx ON pages USING gin (search_vector);

COMMENT ON COLUMN pages.search_vector IS 'The words of title (weight A) and body (weight B), in English; generated.';

-- Down Migration
-- Takes the search away, column and index.
-- Lock: ACCESS EXCLUSIVE on pages, briefly.

ALTER TABLE pages DROP COLUMN search_vector;
