-- Up Migration
-- What grows in the orchard.
-- Lock: none that matters, the table is new.
CREATE TABLE trees (id integer CONSTRAINT trees_pkey PRIMARY KEY);
COMMENT ON TABLE trees IS 'What grows.';

-- Down Migration
DROP TABLE trees;
