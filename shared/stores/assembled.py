"""One store made of its ports, where an adapter keeps each port in a module of its own."""

from collections.abc import Callable

from shared.stores.ports import Conversations, DeadLetters, Ledger, Outbox, Reviews


class Assembled:
    """A Store whose methods are those of the parts that it was given."""

    def __init__(
        self,
        conversations: Conversations,
        ledger: Ledger,
        outbox: Outbox,
        letters: DeadLetters,
        reviews: Reviews,
        *,
        ready: Callable[[], None],
        close: Callable[[], None],
    ) -> None:
        self.load, self.commit = conversations.load, conversations.commit
        self.history, self.conversations = conversations.history, conversations.conversations
        self.due, self.forget, self.prune = conversations.due, conversations.forget, conversations.prune
        self.claim, self.advance, self.settle, self.release = (
            ledger.claim,
            ledger.advance,
            ledger.settle,
            ledger.release,
        )
        self.append, self.after = outbox.append, outbox.after
        self.keep, self.letters, self.letter = letters.keep, letters.letters, letters.letter
        self.replayed = letters.replayed
        self.review, self.withdraw = reviews.review, reviews.withdraw
        self.reviews, self.reviews_of = reviews.reviews, reviews.reviews_of
        self.ready, self.close = ready, close
