"""Access tokens for Firestore: from the metadata server, a key file or a person's login, kept and renewed."""

import json
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.errors import Unavailable
from shared.outbound import Answered, Outbound
from shared.stores.firestore.rest import RestDatabase
from shared.stores.firestore.tokens import KeyFile, Metadata
from tests.contract.stores.on_google import SOMEWHERE, error, granting
from tests.contract.stores.standin import Asked, StandIn, answering, nothing_there, stand_in
from tests.contract.stores.test_writers import ROOT


def on_google(server: StandIn) -> RestDatabase:
    """A client as it runs on Google's platforms, where `server` is all of Google."""
    environ = {"GCE_METADATA_HOST": server.host, "CLOUDSDK_CONFIG": "/nowhere"}
    return RestDatabase("p", "(default)", 2.0, address=f"http://{server.host}", environ=environ)


def test_the_metadata_server_gives_one_token_for_many_calls() -> None:
    with stand_in(granting()) as server, closing(on_google(server)) as database:
        for _ in range(3):
            database.get(SOMEWHERE)
        first, *calls = server.asked
        assert (first.method, first.headers["metadata-flavor"]) == ("GET", "Google")
        assert first.path == "/computeMetadata/v1/instance/service-accounts/default/token"
        assert [call.headers["authorization"] for call in calls] == ["Bearer token-0"] * 3
        assert calls[0].path == "/v1/projects/p/databases/(default)/documents:batchGet?prettyPrint=false"


def test_a_token_is_renewed_before_its_end_and_kept_while_nobody_gives_another() -> None:
    now = [1000.0]
    with stand_in(granting(600.0)) as server, closing(Outbound()) as outbound:
        tokens = Metadata(server.host, outbound, clock=lambda: now[0])
        assert tokens.headers(2.0)["Authorization"] == "Bearer token-0"
        now[0] += 360.0
        assert tokens.headers(2.0)["Authorization"] == "Bearer token-0"
        now[0] += 30.0
        assert tokens.headers(2.0)["Authorization"] == "Bearer token-1"
        server.answers = answering(500, b"")
        now[0] += 590.0
        assert tokens.headers(2.0)["Authorization"] == "Bearer token-1"
        now[0] += 20.0
        with pytest.raises(Unavailable, match="metadata server answered 500"):
            tokens.headers(2.0)


def test_a_token_that_is_not_accepted_is_not_sent_again() -> None:
    granted = granting()

    def answer(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        if asked.headers.get("authorization") == "Bearer token-0":
            return 401, {}, json.dumps(error(401, "UNAUTHENTICATED")).encode()
        return granted(asked)

    with stand_in(answer) as server, closing(on_google(server)) as database:
        with pytest.raises(Unavailable, match=r"roles/datastore\.user"):
            database.get(SOMEWHERE)
        database.get(SOMEWHERE)
        assert server.asked[-1].headers["authorization"] == "Bearer token-1"


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, b'{"access_token": "t", "expires_in": 60}'),
        (404, {"metadata-flavor": "Google"}, b""),
        (200, {"metadata-flavor": "Google"}, b"{}"),
        (200, {"metadata-flavor": "Google"}, b"not json"),
        (200, {"metadata-flavor": "Google"}, b'{"access_token": "t", "expires_in": "soon"}'),
        (200, {"metadata-flavor": "Google"}, b"[]"),
    ],
)
def test_who_is_no_metadata_server_gives_no_token(status: int, headers: dict[str, str], body: bytes) -> None:
    """In a strange network anybody may answer at that name."""
    with (
        stand_in(answering(status, body, headers)) as server,
        closing(on_google(server)) as database,
        pytest.raises(Unavailable, match="no token could be had"),
    ):
        database.get(SOMEWHERE)


def test_without_any_credentials_the_error_says_how_to_give_some() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        environ = {"GCE_METADATA_HOST": f"127.0.0.1:{closed.getsockname()[1]}", "CLOUDSDK_CONFIG": "/nowhere"}
        with (
            closing(RestDatabase("p", "(default)", 2.0, environ=environ)) as database,
            pytest.raises(Unavailable, match="set GOOGLE_APPLICATION_CREDENTIALS, or set FIRESTORE_EMULATOR_HOST"),
        ):
            database.get(SOMEWHERE)


def account(path: Path, key: rsa.RSAPrivateKey) -> Path:
    """A service account's key file, as Google hands it out."""
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "p",
                "private_key_id": "k1",
                "private_key": private.decode(),
                "client_email": "parley@p.iam.gserviceaccount.com",
                "token_uri": "https://oauth2.googleapis.com/token",
            }
        )
    )
    return path


@pytest.mark.parametrize("named", [True, False], ids=["GOOGLE_APPLICATION_CREDENTIALS", "gcloud's own place"])
def test_a_key_file_signs_its_own_tokens(tmp_path: Path, key: rsa.RSAPrivateKey, named: bool) -> None:
    path = account(tmp_path / "application_default_credentials.json", key)
    environ = {"GOOGLE_APPLICATION_CREDENTIALS": str(path)} if named else {"CLOUDSDK_CONFIG": str(tmp_path)}
    with stand_in(nothing_there) as server:
        with closing(RestDatabase("p", "(default)", 2.0, address=f"http://{server.host}", environ=environ)) as database:
            database.get(SOMEWHERE)
            database.get(SOMEWHERE)
        first, second = (asked.headers["authorization"] for asked in server.asked)
    assert first == second
    claims = jwt.decode(first.removeprefix("Bearer "), key.public_key(), ["RS256"], options={"verify_aud": False})
    assert claims["iss"] == "parley@p.iam.gserviceaccount.com"
    assert claims["scope"] == "https://www.googleapis.com/auth/datastore"


@pytest.mark.parametrize("content", ["", "{", '{"type": "service_account", "private_key": "my-secret-key"}', "[]"])
def test_a_broken_key_file_is_named_and_its_content_is_not(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(content)
    environ = {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}
    with (
        closing(RestDatabase("p", "(default)", 2.0, environ=environ)) as database,
        pytest.raises(Unavailable, match=r"key\.json") as caught,
    ):
        database.get(SOMEWHERE)
    assert "my-secret-key" not in str(caught.value)


def test_a_login_of_a_person_is_exchanged_over_our_connections(tmp_path: Path) -> None:
    """gcloud auth application-default login: google-auth asks for the token, and we say by when and over what."""
    path = tmp_path / "key.json"
    login = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    path.write_text(json.dumps(login))

    class ToTheStandIn(Outbound):
        def request(self, method: str, url: str, **options: Any) -> Answered:
            assert options["timeout"] <= 2.0
            return super().request(method, url.replace("https://oauth2.googleapis.com", server), **options)

    granted = {"access_token": "of-a-person", "expires_in": 3600}
    with stand_in(answering(200, granted)) as place, closing(ToTheStandIn()) as outbound:
        server = f"http://{place.host}"
        tokens = KeyFile(str(path), outbound)
        for _ in range(2):
            assert tokens.headers(2.0)["authorization"] == "Bearer of-a-person"
        assert [asked.path for asked in place.asked] == ["/token"]
        tokens.forget()
        place.answers = answering(400, {"error": "invalid_grant"})
        with pytest.raises(Unavailable, match="no token could be had"):
            tokens.headers(2.0)


def test_google_auth_is_imported_only_where_there_is_a_key_file() -> None:
    script = (
        "import sys; from shared.stores.firestore.rest import RestDatabase as R;"
        "d = R('p', '(default)', address='http://' + sys.argv[1], environ={'GCE_METADATA_HOST': sys.argv[1]});"
        "d.get(('a', 'b'));"
        "print([name for name in ('google.auth', 'requests', 'grpc', 'cryptography') if name in sys.modules])"
    )
    with stand_in(granting()) as server:
        done = subprocess.run(
            [sys.executable, "-c", script, server.host], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
