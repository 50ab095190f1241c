// The page's own language, all of it: to translate the page, translate this file.

export const language = "en";

const words = {
  title: "Memory",
  skip: "Skip to content",
  menu: "Views",
  home: "Home",
  search: "Search",
  memories: "Memories",
  conversations: "Conversations",
  forget: "Forget",
  transfer: "Import & export",
  settings: "Settings",
  live: "Live",
  not_live: "Not live",
  not_live_why: "Looking for the engine",
  unreachable: "The engine does not answer. If it has ended, run memos-mcp open in a terminal again.",
  retry: "Try again",
  undo: "Undo",
  cancel: "Cancel",
  close: "Close",
  older: "Older",
  newer: "Newer",
  previous: "Previous",
  next: "Next",
  and_more: "and {n} more",
  mark: "An invisible mark that turns text around; it is shown here and not obeyed",
  every: "All",
  you: "You",
  assistant: "Assistant",
  tool: "Tool",
  system: "System",

  sign_in: "Sign in",
  sign_in_token: "Paste a token of this server: it shows its user's memory.",
  sign_in_link: "This page opens with a link that works once. Run this in a terminal, and open the link that it prints:",
  token: "Token",
  whose: "Whose memory (for a token that may act for any user)",
  sign_out: "Sign out",

  home_lead: "What your assistants know of you, and where they have it from.",
  known: "What is known of you",
  preferences: "How you like things",
  newest: "Newest memories",
  over_time: "Over time",
  nothing_known: "Nothing yet. As your assistants store what you talk about, it appears here by itself.",
  first_connect: "Connect an assistant of this machine",
  first_import: "Import what another one knows",
  no_preferences: "No preference was said so far.",
  health: "Engine",
  waiting_vectors: "{n} messages wait to be found by meaning; they are found by words already.",
  waiting_memories: "{n} messages wait for what is worth remembering of them.",
  waiting_failed: "{n} of them failed and are tried again.",
  nothing_waits: "Nothing waits.",
  clients: "Connected",
  no_clients: "No host is connected now.",
  client_since: "since {time}",
  all_memories: "All memories",
  chart: "Messages and memories from {first} to {last}",
  chart_day: "{date}: {messages}, {memories}",

  search_lead: "What an assistant would find, and why.",
  search_for: "What do you look for?",
  search_hint: "Type a question or a few words. Each hit says what speaks for it.",
  found_nothing: "Nothing that bears on this.",
  found_little: "Nothing that surely bears on this.",
  found_weak: "Hardly relevant: {n}",
  kind: "Kind",
  from: "From",
  until: "Until",
  tag: "Tag",
  conversation: "Conversation",
  relativity: "{n} % relevant",
  why_words: "words",
  why_meaning: "meaning",
  why_time: "time",
  why_neighbours: "neighbours",
  agent_reads: "What would the agent read?",
  more_filters: "Filters",
  kind_memory: "Memory",
  kind_preference: "Preference",
  kind_message: "Message",
  kinds_memory: "Memories",
  kinds_preference: "Preferences",
  kinds_message: "Messages",

  memories_lead: "One fact a line. Correct what is wrong; archive what no longer holds; delete what should not be kept.",
  filter: "Filter by words",
  state: "State",
  state_activated: "Current",
  state_archived: "Archived",
  state_all: "Both",
  column_value: "What is known",
  column_kind: "Kind",
  column_tags: "Tags",
  column_updated: "Changed",
  sort_by: "Sort by {column}",
  select: "Select",
  select_all: "Select all on this page",
  selected: "{n} selected",
  page_of: "{from}–{to} of {total}",
  no_memories: "No memory fits. Take a filter away, or talk with an assistant that is connected.",
  edit: "Edit",
  save: "Save",
  archive: "Archive",
  restore: "Restore",
  delete: "Delete",
  saved: "Saved.",
  archived: "Archived.",
  restored: "Restored.",
  undone: "Taken back.",
  short_title: "Title",
  text: "Text",
  tags_field: "Tags, with commas between",
  sources: "Where it comes from",
  no_sources: "No message is kept that says this.",
  see_there: "See it in the conversation",
  history: "History",
  no_history: "It is as it was learnt.",
  undo_last: "Undo the last change",
  replaces: "It replaced",
  replaced_by: "It was replaced by",
  confidence: "Confidence",
  created: "Kept since",
  speaks_of: "Speaks of",
  delete_memories: "Delete for good?",
  delete_memories_lead: "What is deleted cannot be brought back.",
  with_messages: "Also delete the messages that say this, so that it is not found there again",
  deleted_count: "Deleted: {memories}, {messages}.",
  still_held: "These messages still say it:",
  delete_those: "Delete these messages too",

  conversations_lead: "Every message is kept word for word.",
  find_conversation: "Find a conversation",
  no_conversations: "No conversation yet.",
  search_inside: "Search inside",
  jump_to: "Go to date",
  jump: "Go",
  delete_conversation: "Delete conversation",
  delete_conversation_lead: "The whole conversation goes for good, with what was learnt from it alone.",
  pick: "Pick messages",
  pick_stop: "Stop picking",
  pick_between: "Pick all between the first and the last picked",
  delete_picked: "Delete picked",
  delete_messages: "Delete these messages for good?",
  what_hangs: "This goes:",
  learnt: "Learnt from this:",
  memory_named: "memory {id}",
  no_messages: "No message fits.",

  forget_lead: "Find everything about a word or a person, look through it, and delete it in one step.",
  forget_what: "A word, a name, a sentence",
  look: "Find",
  forget_found: "Found: {messages} and {memories}.",
  forget_none: "Nothing is kept about “{text}”.",
  forget_all: "Forget all of it",
  forget_sure: "Forget all of it for good?",
  forget_done: "Forgotten: {messages} and {memories}. Nothing is left about “{text}”.",
  forget_left: "Forgotten: {messages} and {memories}. {left} still hold “{text}”.",
  stale_backups: "Backups that may still hold it; delete them or make new ones:",

  import: "Import",
  import_lead: "Drop a file here: an export of memos-mcp, or what another assistant let you download.",
  choose_file: "Choose a file",
  sending: "Sending {name}…",
  looking: "Looking into {name}…",
  taking_in: "Taking in {name}…",
  percent: "{n} %",
  recognised: "was recognised: {format}.",
  holds: "It holds {messages} and {memories}.",
  spans: "From {first} to {last}.",
  would_be_new: "New: {messages} and {memories}.",
  left_out: "Left out, such as tool output and empty entries: {n}.",
  import_empty: "Nothing in this file is new.",
  take_in: "Take it in",
  taken_in: "Taken in: {messages} and {memories}.",
  import_cancelled: "Cancelled. What was taken in until then is kept; take the file in again for the rest.",
  export: "Export",
  export_lead: "Everything that is kept of you, word for word: Markdown to read, JSON lines to import again.",
  export_jsonl: "Download JSON lines",
  export_markdown: "Download Markdown",
  backup: "Backup",
  backup_lead: "The whole store in one file, to put back with the command memos-mcp restore.",
  download_backup: "Download a backup",

  settings_lead: "What is set, and where it comes from.",
  setting: "Setting",
  value: "Value",
  source: "From",
  hosts: "Assistants on this machine",
  hosts_lead: "The hosts that were found, and whether each has this memory.",
  host_configured: "Has this memory",
  host_not_configured: "Does not have it yet",
  host_no_hooks: "Does not save and recall by itself, no hooks: {why}",
  no_hosts: "No host was found on this machine.",
  connect: "Connect",
  connect_host: "Connect {host}?",
  connect_lead: "This is what changes in its file. It is tried first whether the memory answers; nothing else is touched.",
  connect_otherwise: "It is set up by the host itself:",
  changes: "What changes",
  host_then: "Done. {then}.",
  host_restart: "It has this memory when it next starts",
  about: "memos-mcp {version}, memory of {user}",
};

const counted = {
  messages: { one: "{n} message", other: "{n} messages" },
  memories: { one: "{n} memory", other: "{n} memories" },
  conversations: { one: "{n} conversation", other: "{n} conversations" },
};

// What happened to a memory, as the history names it.
const happened = {
  stored: "Learnt",
  strengthened: "Said again",
  rewritten: "Given other words",
  archived: "Archived",
  restored: "Restored",
  undone: "The change before was taken back",
  linked: "Linked to a message",
};

const numbers = new Intl.NumberFormat(language);
const plurals = new Intl.PluralRules(language);
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const longDay = new Intl.DateTimeFormat(language, { dateStyle: "full" });
const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const STEPS = [["minute", 60], ["hour", 3600], ["day", 86_400]];
const LONGEST_RELATIVE = 7 * 86_400;

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? format(values[name]) : whole));
}

function format(value) {
  return typeof value === "number" ? numbers.format(value) : String(value);
}

export function t(key, values = {}) {
  return filled(words[key] ?? key, values);
}

export function count(what, n) {
  return filled(counted[what][plurals.select(n)], { n });
}

export function what(name) {
  return happened[name] ?? name;
}

export function role(name) {
  return { user: words.you, assistant: words.assistant, tool: words.tool, system: words.system }[name] ?? name;
}

export function exactTime(time) {
  return exact.format(new Date(time));
}

export function dayOf(time) {
  return day.format(new Date(time));
}

export function longDayOf(time) {
  return longDay.format(new Date(time));
}

export function clockOf(time) {
  return clock.format(new Date(time));
}

export function relativeTime(time) {
  const seconds = (new Date(time) - Date.now()) / 1000;
  if (Math.abs(seconds) > LONGEST_RELATIVE) return dayOf(time);
  const [unit, length] = STEPS.findLast(([, size]) => Math.abs(seconds) >= size) ?? STEPS[0];
  return relative.format(Math.round(seconds / length), unit);
}
