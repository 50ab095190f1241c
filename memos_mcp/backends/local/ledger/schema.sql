-- Format 2 of the ledger. Times are epoch milliseconds, UTC. `seq` orders rows as they were added and is never used
-- again. What can be derived from other rows says so; everything else is the truth.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE user (
    key INTEGER PRIMARY KEY AUTOINCREMENT,        -- never used again: the vector index has it in its names
    user_id TEXT NOT NULL UNIQUE,
    memory_generation INTEGER NOT NULL DEFAULT 0  -- grows when a memory changes or goes, not when one is added
);

CREATE TABLE conversation (
    key INTEGER PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    conversation_id TEXT NOT NULL,
    UNIQUE (user, conversation_id)
);

-- One add, and the work that it leaves behind.
CREATE TABLE task (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,
    idempotency TEXT,
    state TEXT NOT NULL,
    added INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL DEFAULT 0,
    UNIQUE (user, idempotency)
);
CREATE INDEX task_open ON task (due, key) WHERE state = 'running';

CREATE TABLE message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,
    task INTEGER NOT NULL REFERENCES task ON DELETE CASCADE,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    create_time INTEGER NOT NULL,                 -- when it was said
    update_time INTEGER NOT NULL,                 -- when it was stored
    utc_offset INTEGER,                           -- of its speaker's place, in minutes
    agent_id TEXT NOT NULL DEFAULT '',
    app_id TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '[]',
    info TEXT NOT NULL DEFAULT '{}',
    features BLOB NOT NULL                        -- derived: what the lexical index and the ranker know of it
);
CREATE INDEX message_conversation ON message (conversation, seq);
CREATE INDEX message_user ON message (user, seq);
CREATE INDEX message_task ON message (task);

CREATE TABLE memory (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,
    memory_key TEXT NOT NULL,
    memory_value TEXT NOT NULL,
    preference TEXT,                              -- explicit_preference, implicit_preference, or NULL for a memory
    reasoning TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'activated',
    confidence REAL NOT NULL,
    memory_time INTEGER,                          -- when what it speaks of begins
    time_grain TEXT,                              -- how exact that is: day, weekend, week, month, season, year
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    extractor TEXT NOT NULL,
    agent_id TEXT NOT NULL DEFAULT '',
    app_id TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '[]',
    info TEXT NOT NULL DEFAULT '{}',
    superseded_by INTEGER REFERENCES memory ON DELETE SET NULL,    -- what stands in its place
    corrected_by INTEGER REFERENCES message ON DELETE SET NULL,    -- the message that took it out of force
    features BLOB NOT NULL                        -- derived
);
CREATE INDEX memory_user ON memory (user, seq);
CREATE INDEX memory_superseded_by ON memory (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE INDEX memory_corrected_by ON memory (corrected_by) WHERE corrected_by IS NOT NULL;
CREATE INDEX memory_conversation ON memory (conversation);

CREATE TABLE source (
    memory INTEGER NOT NULL REFERENCES memory ON DELETE CASCADE,
    message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
    PRIMARY KEY (memory, message)
) WITHOUT ROWID;
CREATE INDEX source_message ON source (message);

-- Derived: numbers under which memories that may repeat or update each other meet.
CREATE TABLE claim (
    user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    key INTEGER NOT NULL,
    memory INTEGER NOT NULL REFERENCES memory ON DELETE CASCADE,
    PRIMARY KEY (user, key, memory)
) WITHOUT ROWID;
CREATE INDEX claim_memory ON claim (memory);

-- Every change to a memory: `before` and `after` are what changed, as JSON. `undone` tells that it was taken back.
CREATE TABLE history (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    memory INTEGER NOT NULL REFERENCES memory ON DELETE CASCADE,
    time INTEGER NOT NULL,
    event TEXT NOT NULL,
    before TEXT NOT NULL DEFAULT '{}',
    after TEXT NOT NULL DEFAULT '{}',
    undone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX history_memory ON history (memory);

-- Derived: the vectors of messages and of memories, kept so that an index over them can be rebuilt without the model.
CREATE TABLE message_vector (
    seq INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
    vector BLOB NOT NULL,                         -- float16
    tokens BLOB                                   -- int8, 64 a row
);
CREATE TABLE memory_vector (
    seq INTEGER PRIMARY KEY REFERENCES memory ON DELETE CASCADE,
    vector BLOB NOT NULL,
    tokens BLOB
);

-- What the vector index has to do: a row appears in the transaction that changes or removes a text, and is taken away
-- when the index has followed. It outlives what it speaks of, so it refers to nothing.
CREATE TABLE pending (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    user INTEGER NOT NULL,
    kind TEXT NOT NULL,                           -- message or memory
    seq INTEGER NOT NULL
);
CREATE INDEX pending_user ON pending (user);
