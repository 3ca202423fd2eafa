"""The names of all channels; nothing is imported for them."""

PLATFORMS = (
    "slack",
    "telegram",
    "whatsapp",
    "messenger",
    "twilio",
    "twilio_voice",
    "discord",
    "teams",
    "gchat",
    "line",
)
NAMES = ("rest", "callback", "webchat", "socketio", *PLATFORMS)
