-- Who may call, and how often they did; beside the ledger, so that all replicas let in the same.

CREATE TABLE IF NOT EXISTS access_token (
    kept TEXT PRIMARY KEY,      -- sha256:DIGEST, from which nobody finds the token
    user_id TEXT NOT NULL,      -- "*": any user
    created BIGINT NOT NULL DEFAULT clock_millis()
);

-- Unlogged: a crash of the database forgets the calls of a minute.
CREATE UNLOGGED TABLE IF NOT EXISTS call_count (
    period BIGINT NOT NULL,
    token TEXT NOT NULL,        -- its name, which shows none
    calls BIGINT NOT NULL,
    PRIMARY KEY (period, token)
);
