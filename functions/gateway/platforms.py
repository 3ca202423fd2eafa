"""The settings with which the gateway takes webhooks: what each platform signs with, and nothing that sends."""

from dataclasses import dataclass

from shared.config import setting


@dataclass(frozen=True, slots=True)
class Platforms:
    """A channel whose secret is not set answers its webhooks 503 with the name of the setting."""

    slack_signing_secret: str = setting(
        "SLACK_SIGNING_SECRET", "", doc="Slack: Basic Information, Signing Secret.", secret=True
    )
    telegram_secret_token: str = setting(
        "TELEGRAM_SECRET_TOKEN", "", doc="Telegram: the `secret_token` given to setWebhook.", secret=True
    )
    telegram_start_text: str = setting(
        "TELEGRAM_START_TEXT", "/greet", doc="Telegram: what is understood when somebody presses Start."
    )
    whatsapp_app_secret: str = setting("WHATSAPP_APP_SECRET", "", doc="WhatsApp: the Meta app's secret.", secret=True)
    whatsapp_verify_token: str = setting(
        "WHATSAPP_VERIFY_TOKEN", "", doc="WhatsApp: the verify token of the webhook's page.", secret=True
    )
    messenger_app_secret: str = setting(
        "MESSENGER_APP_SECRET", "", doc="Messenger and Instagram: the Meta app's secret.", secret=True
    )
    messenger_verify_token: str = setting(
        "MESSENGER_VERIFY_TOKEN", "", doc="Messenger and Instagram: the verify token.", secret=True
    )
    twilio_auth_token: str = setting("TWILIO_AUTH_TOKEN", "", doc="Twilio: the account's auth token.", secret=True)
    discord_public_key: str = setting("DISCORD_PUBLIC_KEY", "", doc="Discord: the application's public key.")
    teams_app_id: str = setting("TEAMS_APP_ID", "", doc="Teams: the bot's Microsoft App ID.")
    teams_security_token: str = setting(
        "TEAMS_SECURITY_TOKEN",
        "",
        doc="Teams: the security token of an outgoing webhook, in place of a bot.",
        secret=True,
    )
    teams_keys_url: str = setting("TEAMS_KEYS_URL", "", doc="Teams: where the keys are, instead of Microsoft's.")
    teams_api_url: str = setting(
        "TEAMS_API_URL", "", doc="Teams: a service address besides Microsoft's that is trusted, e.g. a stand-in's."
    )
    gchat_project_number: str = setting(
        "GCHAT_PROJECT_NUMBER", "", doc="Google Chat: the project's number, where that is the authentication audience."
    )
    gchat_audience: str = setting(
        "GCHAT_AUDIENCE", "", doc="Google Chat: this endpoint's address, where that is the authentication audience."
    )
    gchat_accounts: str = setting(
        "GCHAT_ACCOUNTS", "", doc="Google Chat: accounts whose tokens count too (add-on, Pub/Sub), comma-separated."
    )
    gchat_keys_url: str = setting("GCHAT_KEYS_URL", "", doc="Google Chat: where the keys are, instead of Google's.")
    line_channel_secret: str = setting("LINE_CHANNEL_SECRET", "", doc="LINE: the channel secret.", secret=True)
