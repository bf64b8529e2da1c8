// Follows a run that goes on: its steps' states, and their output as it comes.
