"""People, simulated: conversations that nobody wrote, held with the real stages and checked by what happens in them.

Each person has a goal and an agenda (Schatzmann et al. 2007), says things in the words of the assistant's own examples,
and behaves as people do. What must hold is checked on events and slots, never on words.
"""
