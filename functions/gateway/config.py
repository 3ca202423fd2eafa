"""The settings of the gateway stage."""

from dataclasses import dataclass

from shared.config import setting


@dataclass(frozen=True, slots=True)
class Config:
    speech_url: str = setting(
        "SPEECH_URL",
        "",
        doc="Where the speech stage is. Empty: voice messages are attachments like others, and the chat page has no "
        "microphone.",
    )
    nlu_url: str = setting("NLU_URL", "", doc="Where the nlu stage is; REST needs it.")
    dialogue_url: str = setting("DIALOGUE_URL", "", doc="Where the dialogue stage is; REST needs it.")
    actions_url: str = setting("ACTIONS_URL", "", doc="Where the actions stage is; REST needs it.")
    delivery_url: str = setting(
        "DELIVERY_URL", "", doc="Where the delivery stage is; the web chat asks it for answers."
    )
    broker_url: str = setting(
        "BROKER_URL",
        "",
        doc="The broker's ingress. All but REST needs it; REST only tells it of finished turns.",
    )
    shadow_url: str = setting(
        "SHADOW_URL",
        "",
        doc="Where a shadow model reads REST messages along (others reach it through the broker); it answers nobody.",
    )
    canary_nlu_url: str = setting(
        "CANARY_NLU_URL",
        "",
        doc="Where the candidate's nlu is; it reads the messages of CANARY_PERCENT's conversations "
        "(REST; the broker has Triggers for both arms, knative/components/sticky-canary). `task canary` sets both.",
    )
    canary_percent: float = setting(
        "CANARY_PERCENT",
        0.0,
        doc="The share of conversations that the candidate answers, each from its first word to its last.",
    )
    probe_token: str = setting(
        "PROBE_TOKEN",
        "",
        doc="What the observer's probe shows in x-parley-probe, 16 characters or more: its messages may use REST, and "
        "count nowhere.",
        secret=True,
    )
    publish_timeout: float = setting(
        "PUBLISH_TIMEOUT", 2.5, doc="Seconds in which the broker must hold a message; a platform waits no longer."
    )
    publish_hold: float = setting(
        "PUBLISH_HOLD",
        0.0,
        doc="Seconds for which a publish goes on after PUBLISH_TIMEOUT, for a broker that works within the publisher's "
        "request (Knative's in-memory channel): retries and dead letters end with that.",
    )
    rest_deadline: float = setting("REST_DEADLINE", 30.0, doc="Seconds in which a REST message is answered.")
    rest_at_once: int = setting(
        "REST_AT_ONCE",
        12,
        doc="REST messages that are answered at once in one process, others get 503; with LONG_POLLS below THREADS.",
    )
    answer_within: float = setting(
        "ANSWER_WITHIN", 120.0, doc="Seconds after which nobody wants an answer any more (expirytime of events)."
    )
    prewarm: bool = setting(
        "PREWARM", True, doc="Wake the later stages when a message arrives, so that cold starts do not add up."
    )
    awake_seconds: float = setting(
        "AWAKE_SECONDS",
        20.0,
        doc="How long after its answer a stage counts as awake; at most as long as an idle stage is kept.",
    )
    rest_auth: str = setting(
        "REST_AUTH",
        "loopback",
        doc="Who may use rest and callback: loopback (this machine), token (REST_TOKEN), jwt (REST_JWT_KEY) or open.",
    )
    rest_token: str = setting("REST_TOKEN", "", doc="The token that REST_AUTH=token asks for.", secret=True)
    rest_jwt_key: str = setting(
        "REST_JWT_KEY",
        "",
        doc="What REST_AUTH=jwt checks JSON Web Tokens with: a secret of 32 characters or more, or a public key (PEM).",
        secret=True,
    )
    rest_jwt_method: str = setting(
        "REST_JWT_METHOD", "HS256", doc="How they are signed: HS256, RS256, ES256, EdDSA ..."
    )
    cors_origins: tuple[str, ...] = setting(
        "CORS_ORIGINS",
        (),
        doc="Origins of websites that may call rest and webchat and show the chat (widget.js), e.g. https://example.com.",
    )
    public_url: str = setting(
        "PUBLIC_URL",
        "",
        doc="How platforms reach the gateway, e.g. https://bot.example.com; Twilio signs it. Needed behind a proxy.",
    )
    person_rate: int = setting(
        "PERSON_RATE", 60, doc="Messages a minute of one person on one channel (not REST); more get 429. 0: no limit."
    )
    address_rate: int = setting(
        "ADDRESS_RATE",
        240,
        doc="Requests a minute that one address may make for the chat page's conversations, messages and voice, half "
        "of them at once; more get 429. In each gateway's process. 0: no limit.",
    )
    anonymous_rate: int = setting(
        "ANONYMOUS_RATE", 6000, doc="The same for all addresses together, so that nobody wakes the stages without end."
    )
    trusted_proxies: tuple[str, ...] = setting(
        "TRUSTED_PROXIES",
        (),
        doc="Networks of the proxies in front, e.g. 10.0.0.0/8: their X-Forwarded-For says whose request it is, for "
        "ADDRESS_RATE. Without it all who come through a proxy count as one address.",
    )
    widget_secret: str = setting(
        "WIDGET_SECRET",
        "",
        doc="What a website signs with who its visitor is, so that the chat goes on on all of their devices; 32 "
        "characters or more.",
        secret=True,
    )
    local_relay_token: str = setting(
        "LOCAL_RELAY_TOKEN",
        "",
        doc="Made by `task up`: with it the local activator passes on who is local.",
        secret=True,
    )
    person_burst: int = setting("PERSON_BURST", 30, doc="Messages of one person that are taken at once.")
    join_seconds: float = setting(
        "JOIN_SECONDS",
        0.0,
        doc="Joins what a person writes on a platform until so many seconds bring nothing more; 10 at most, 0: off.",
    )
    handoff_token: str = setting(
        "HANDOFF_TOKEN",
        "",
        doc="Lets operators answer and give conversations back (/handoff/...); 16 characters or more, off without it.",
        secret=True,
    )
    handoff_to: str = setting(
        "HANDOFF_TO", "", doc="The operators' chat on a platform, e.g. slack:C0123ABCD; what they /say there goes out."
    )
    uploads: bool = setting(
        "UPLOADS",
        True,
        doc="Whether people may send files (5 MB each) in the web chat; they are kept in the store with their "
        "conversation, and a piece of 384 KiB counts as 5 requests for ADDRESS_RATE.",
    )
    chat_title: str = setting("CHAT_TITLE", "Parley", doc="The name that the chat page shows.")
    chat_settings: str = setting(
        "CHAT_SETTINGS",
        "",
        doc="For the page and the widget, in JSON: title, color (#rrggbb), theme (light or dark), logo (its address), "
        "position (right or left), language, starters (a list), start (what is said for a visitor who opens the widget "
        "first, e.g. /session_start), ratings (false: nobody is asked whether an answer helped). `task up` takes the "
        "page.yml of the assistant.",
    )
    long_polls: int = setting(
        "LONG_POLLS",
        16,
        doc="How many chat pages may wait for answers at once in one process; keep it below THREADS.",
    )
