"""Conversations as Rasa's HTTP API shows and changes them; imported when somebody asks."""
