"""What an owner does with the memory of a machine: look at it, stop it, back it up, find out what is wrong.

What a command cannot do it says in a `MemosError`, of which the command line prints the sentence: nothing was changed
then, or it goes on from there when it is run again.
"""
