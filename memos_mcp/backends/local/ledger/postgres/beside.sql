-- What PostgreSQL needs beside the tables: functions that SQLite has, and that a user's rows are seen by nobody else.

CREATE FUNCTION instr(whole TEXT, part TEXT) RETURNS INTEGER LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    'SELECT strpos(whole, part)';

-- A NUL, which PostgreSQL takes in no form, is left out of what is compared.
CREATE FUNCTION json_each(document TEXT) RETURNS TABLE (key TEXT, value TEXT, type TEXT, atom NUMERIC)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT
        one.key,
        one.value #>> '{}',
        CASE jsonb_typeof(one.value) WHEN 'string' THEN 'text' WHEN 'number' THEN 'real' ELSE jsonb_typeof(one.value) END,
        CASE jsonb_typeof(one.value) WHEN 'number' THEN (one.value #>> '{}')::NUMERIC END
    FROM (SELECT regexp_replace(document, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g')::JSONB AS document) AS parsed,
    LATERAL (
        SELECT pair.key, pair.value
        FROM jsonb_each(CASE jsonb_typeof(parsed.document) WHEN 'object' THEN parsed.document ELSE '{}' END) AS pair
        UNION ALL
        SELECT (member.place - 1)::TEXT, member.value
        FROM jsonb_array_elements(CASE jsonb_typeof(parsed.document) WHEN 'array' THEN parsed.document ELSE '[]' END)
            WITH ORDINALITY AS member (value, place)
    ) AS one
$$;

CREATE FUNCTION json_valid(document TEXT) RETURNS BOOLEAN LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    PERFORM regexp_replace(document, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g')::JSONB;
    RETURN TRUE;
EXCEPTION WHEN data_exception THEN
    RETURN FALSE;
END
$$;

CREATE INDEX task_conversation ON task (conversation);

-- Counts the removals of messages, so that who holds them in another form knows.
ALTER TABLE "user" ADD COLUMN removals BIGINT NOT NULL DEFAULT 0;
CREATE FUNCTION count_removal() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "user" SET removals = removals + 1 WHERE key IN (SELECT removed."user" FROM removed);
    RETURN NULL;
END
$$;
CREATE TRIGGER message_removed AFTER DELETE ON message REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_removal();

CREATE FUNCTION clock_millis() RETURNS BIGINT LANGUAGE sql VOLATILE AS
    'SELECT floor(extract(EPOCH FROM clock_timestamp()) * 1000)::BIGINT';
ALTER TABLE pending ADD COLUMN since BIGINT NOT NULL DEFAULT clock_millis();

-- A connection sees the rows of the user whose id is in `memos.user_id`, of everybody where that is "*", and else none.
DO $$
DECLARE
    own CONSTANT TEXT := '"user" = (SELECT key FROM "user" WHERE user_id = current_setting(''memos.user_id'', true))';
    guarded TEXT;
    owned TEXT;
BEGIN
    FOR guarded, owned IN VALUES
        ('conversation', own),
        ('task', own),
        ('message', own),
        ('memory', own),
        ('claim', own),
        ('pending', own),
        ('source', 'EXISTS (SELECT 1 FROM memory WHERE memory.seq = source.memory)'),
        ('history', 'EXISTS (SELECT 1 FROM memory WHERE memory.seq = history.memory)'),
        ('message_vector', 'EXISTS (SELECT 1 FROM message WHERE message.seq = message_vector.seq)'),
        ('memory_vector', 'EXISTS (SELECT 1 FROM memory WHERE memory.seq = memory_vector.seq)')
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format(
            'CREATE POLICY own ON %I USING (current_setting(''memos.user_id'', true) = ''*'' OR %s)', guarded, owned
        );
    END LOOP;
END
$$;
