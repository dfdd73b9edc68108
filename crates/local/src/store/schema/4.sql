-- A deleted group stays a row until it can no longer be brought back: its tokens are good for nothing from the beginning.
DROP VIEW good_api_tokens;

CREATE VIEW good_api_tokens AS
SELECT api_tokens.*,
       users.username,
       organizations.slug AS organization_slug,
       groups.name        AS group_name
FROM api_tokens
JOIN users ON users.id = api_tokens.user_id
LEFT JOIN organizations ON organizations.id = api_tokens.organization_id
LEFT JOIN groups ON groups.uuid = api_tokens.group_uuid AND groups.deleted_at IS NULL
WHERE api_tokens.group_uuid IS NULL OR groups.uuid IS NOT NULL;
