-- A page of a listing begins behind a row and goes on in the order of the rows: without this, every page sorted all of them.
CREATE INDEX databases_by_organization ON databases (organization_id) WHERE deleted_at IS NULL;
