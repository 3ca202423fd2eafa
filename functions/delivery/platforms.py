"""The settings with which delivery sends to the platforms: tokens and addresses, and nothing that webhooks need."""

from dataclasses import dataclass

from shared.config import setting


@dataclass(frozen=True, slots=True)
class Platforms:
    """A channel whose token is not set fails its deliveries with the name of the setting, and they are tried again."""

    callback_url: str = setting(
        "CALLBACK_URL", "", doc="Where replies to the callback channel are POSTed.", secret=True
    )
    slack_bot_token: str = setting("SLACK_BOT_TOKEN", "", doc="Slack: the bot user's token, xoxb-...", secret=True)
    slack_api_url: str = setting("SLACK_API_URL", "", doc="Slack: the API's address, instead of Slack's.")
    telegram_bot_token: str = setting("TELEGRAM_BOT_TOKEN", "", doc="Telegram: BotFather's token.", secret=True)
    telegram_api_url: str = setting("TELEGRAM_API_URL", "", doc="Telegram: the API's address, instead of Telegram's.")
    whatsapp_access_token: str = setting(
        "WHATSAPP_ACCESS_TOKEN", "", doc="WhatsApp: a permanent token of a system user.", secret=True
    )
    whatsapp_phone_number_id: str = setting(
        "WHATSAPP_PHONE_NUMBER_ID", "", doc="WhatsApp: the number to send from where a message does not name it."
    )
    whatsapp_api_url: str = setting(
        "WHATSAPP_API_URL", "", doc="WhatsApp: the Graph API's address with its version, instead of Meta's."
    )
    messenger_page_token: str = setting(
        "MESSENGER_PAGE_TOKEN", "", doc="Messenger and Instagram: the page's access token.", secret=True
    )
    messenger_api_url: str = setting(
        "MESSENGER_API_URL", "", doc="Messenger: the Graph API's address with its version, instead of Meta's."
    )
    twilio_account_sid: str = setting("TWILIO_ACCOUNT_SID", "", doc="Twilio: the account's SID, AC...")
    twilio_auth_token: str = setting("TWILIO_AUTH_TOKEN", "", doc="Twilio: the account's auth token.", secret=True)
    twilio_api_url: str = setting("TWILIO_API_URL", "", doc="Twilio: the API's address, instead of Twilio's.")
    discord_application_id: str = setting(
        "DISCORD_APPLICATION_ID", "", doc="Discord: the application, where an interaction does not name it."
    )
    discord_bot_token: str = setting(
        "DISCORD_BOT_TOKEN", "", doc="Discord: lets answers go out that come later than 15 minutes.", secret=True
    )
    discord_api_url: str = setting("DISCORD_API_URL", "", doc="Discord: the API's address, instead of Discord's.")
    teams_app_id: str = setting("TEAMS_APP_ID", "", doc="Teams: the bot's Microsoft App ID.")
    teams_app_password: str = setting("TEAMS_APP_PASSWORD", "", doc="Teams: the bot's client secret.", secret=True)
    teams_tenant_id: str = setting("TEAMS_TENANT_ID", "", doc="Teams: the tenant of a bot of one tenant.")
    teams_api_url: str = setting(
        "TEAMS_API_URL", "", doc="Teams: a service address besides Microsoft's that is trusted, e.g. a stand-in's."
    )
    teams_login_url: str = setting("TEAMS_LOGIN_URL", "", doc="Teams: where tokens come from, instead of Microsoft's.")
    gchat_service_account: str = setting(
        "GCHAT_SERVICE_ACCOUNT", "", doc="Google Chat: the JSON of the service account's key.", secret=True
    )
    gchat_audience: str = setting(
        "GCHAT_AUDIENCE", "", doc="Google Chat: the gateway's address, where that is the authentication audience."
    )
    gchat_api_url: str = setting("GCHAT_API_URL", "", doc="Google Chat: the API's address, instead of Google's.")
    gchat_token_url: str = setting("GCHAT_TOKEN_URL", "", doc="Google Chat: where tokens come from.")
    line_access_token: str = setting("LINE_ACCESS_TOKEN", "", doc="LINE: the channel access token.", secret=True)
    line_api_url: str = setting("LINE_API_URL", "", doc="LINE: the API's address, instead of LINE's.")
