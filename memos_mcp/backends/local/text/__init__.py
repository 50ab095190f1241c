"""What the store knows of language: words, terms, sentences, questions, times, secrets."""
