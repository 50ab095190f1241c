"""From the messages of an add to drafted memories; `base` has the interface of an extractor.

`rules` needs no model: `replies` reads a message as the reply to the one before, `salience` tells which of its
sentences are worth a memory, `passages` puts together those on one matter, `preferences` finds what the user says to
like. `llm` asks a chat model (`chat`) by the words of `prompt`; `proposals` reads its answer, of which `grounding`
keeps what the messages support.
"""
