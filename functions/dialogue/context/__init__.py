"""What words mean in the place where they are said: answers to offers and questions, changes, several requests.

Pure, and imported only for an assistant that asks for it (`conversation: {answers_in_context: true}` in training.yml,
or an action with `confirm: true`): all others are read as Rasa reads them.
"""
