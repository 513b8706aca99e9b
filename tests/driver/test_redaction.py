"""What counts as a secret, what does not, and what is left of both."""

from __future__ import annotations

import base64
import io
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from ktrdr_acceptance.api.http import Answer
from ktrdr_acceptance.api.models import ContractBreach, accepted
from ktrdr_acceptance.domain import hosts, logs
from ktrdr_acceptance.evidence.logs import Entry
from ktrdr_acceptance.evidence.redaction import Redaction
from ktrdr_acceptance.evidence.streams import RedactingStream, redact_files, redact_opener
from ktrdr_acceptance.faults import Category
from ktrdr_acceptance.settings import Settings
from ktrdr_acceptance.target.embedded import EmbeddedTarget
from ktrdr_acceptance.verdict.model import StepResult

NOTHING = Redaction({})
M = "S3CR3Tmark"

# What is written, and what is left of it.
HELD = {
    # headers
    f"Authorization: Bearer {M}": "Authorization: ***",
    f"authorization: Basic {M}== request_id=abc": "authorization: *** request_id=abc",
    f'Authorization: Digest username="u", response="{M}"': "Authorization: ***",
    f"Proxy-Authorization: {M}": "Proxy-Authorization: ***",
    f"X-API-Key: {M}": "X-API-Key: ***",
    f"x-auth-token: {M}": "x-auth-token: ***",
    f"Cookie: sid={M}; b={M} x": "Cookie: *** x",
    f"Set-Cookie: sid={M}; Path=/; HttpOnly": "Set-Cookie: ***",
    f"[('authorization', 'Bearer {M}'), ('accept', '*/*')]": "[('authorization', '***'), ('accept', '*/*')]",
    f"[(b'x-api-key', b'{M}'), (b'accept', b'*')]": "[(b'x-api-key', b'***'), (b'accept', b'*')]",
    f"sent Bearer {M}.x of op_1": "sent Bearer *** of op_1",
    "sent Basic dXNlcjpwYXNz0A== of op_1": "sent Basic *** of op_1",
    # URLs
    f"http://u:{M}@h:1/x?token={M}&id=3#a": "http://***@h:1/x?token=***&id=3#a",
    f"http://{M}@h:1/x": "http://***@h:1/x",
    f"postgres://u:{M}@{M}@h/db": "postgres://***@h/db",
    f"postgres://u:{M}/{M}@h/db": "postgres://***@h/db",
    f"GET /x?api_key={M}&symbol=EURUSD HTTP/1.1": "GET /x?api_key=***&symbol=EURUSD HTTP/1.1",
    f"GET /x?key={M}&a=b": "GET /x?key=***&a=b",
    f"/x?sig={M}&signature={M}&secret={M}&n=1": "/x?sig=***&signature=***&secret=***&n=1",
    f"next=%2Fx%3Fpassword%3D{M}&n=1": "next=%2Fx%3Fpassword%3D***&n=1",
    # log lines and messages
    f"password={M} x": "password=*** x",
    f"password: {M} x": "password: *** x",
    f"secret: {M} x": "secret: *** x",
    f"db_passwd={M}": "db_passwd=***",
    f"api_key: {M}": "api_key: ***",
    f"api key: {M}": "api key: ***",
    f"APIKEY={M}": "APIKEY=***",
    f"clientSecret={M}": "clientSecret=***",
    f"refreshToken: '{M}' x": "refreshToken: '***' x",
    f'token="{M}" x': 'token="***" x',
    f"token='cut {M}": "token='***",
    f"FRED_KEY={M} JWT_SECRET={M} X": "FRED_KEY=*** JWT_SECRET=*** X",
    f"credentials: {M}": "credentials: ***",
    f"password={M},{M} user=x": "password=*** user=x",
    f"token={M},user=bob": "token=***,user=bob",
    f"password={M}&{M} x": "password=*** x",
    f'password={M}"{M} x': "password=*** x",
    f"password=ab\\{M} x": "password=*** x",
    f"password=a){M}] x": "password=***] x",
    f"Config(password={M}, port=1)": "Config(password=***, port=1)",
    f"--token {M} --port 1": "--token *** --port 1",
    f"a \x1b[36mpassword\x1b[0m=\x1b[35m{M}\x1b[0m x": "a \x1b[36mpassword\x1b[0m=\x1b[35m***\x1b[0m x",
    f"<password>{M}</password><id>1</id>": "<password>***</password><id>1</id>",
    f"password=&quot;{M}&quot; x": "password=&quot;***&quot; x",
    # JSON in a text
    f'got {{"password": "{M}", "id": "op_1"}}': 'got {"password": "***", "id": "op_1"}',
    f"got {{'password': '{M}', 'id': 'op_1'}}": "got {'password': '***', 'id': 'op_1'}",
    f'{{"password":"a\\"{M}","id":1}}': '{"password":"***","id":1}',
    f'{{"password":"{M}\\\\","id":1}}': '{"password":"***","id":1}',
    f'"{{\\"api_key\\":\\"{M}\\",\\"id\\":1}}"': '"{\\"api_key\\":\\"***\\",\\"id\\":1}"',
    f'"{{\\"password\\": \\"a\\\\\\"{M}\\", \\"id\\": 3}}"': '"{\\"password\\": \\"***\\", \\"id\\": 3}"',
    # by its form
    f"a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx{M}.{M} b": "a *** b",
    "a ghp_0123456789abcdefghijABCDEFGHIJ b": "a *** b",
    "a AKIAIOSFODNN7EXAMPLE b": "a *** b",
    "a sk-ant-api03-0123456789abcdef b": "a *** b",
    f"-----BEGIN RSA PRIVATE KEY-----\n{M}\nab\n-----END RSA PRIVATE KEY-----\nafter": (
        "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----\nafter"
    ),
    f"-----BEGIN PRIVATE KEY-----\n{M}\nab": "-----BEGIN PRIVATE KEY-----***",
}
# By its form alone: 36 characters that could be a token, behind what well-known services put before one.
ANY = "0123456789ABCDEFGHIJabcdefghij012345"
FORMS = [
    *(
        f"{start}{ANY}"
        for start in ("sk-", "sk_live_", "rk_live_", "pk_test_", "ghp_", "gho_", "ghu_", "ghs_")
    ),
    *(
        f"{start}{ANY}"
        for start in ("ghr_", "github_pat_", "glpat-", "AIza", "xoxb-", "hf_", "npm_", "pypi-")
    ),
    *("AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"),
]
NAMES = [
    *("password", "passwd", "passphrase", "pwd", "authorization", "cookie", "api_key", "token", "secret"),
    *("credential", "credentials", "signature", "jwt", "x-auth", "X-Auth-User", "accessKey", "private-key"),
    *("secret_key", "auth key", "signing_key", "encryption_key", "account_key", "master_key", "shared_key"),
    *("session_key", "license_key", "client_key", "subscription-key", "ssh_key", "hmac_key", "ANY_KEY"),
]
KEPT = [
    "op_training_20251122_085428_abc123 acceptance-0123456789ab host_training_1",
    "token_count: 5, max_tokens=300, tokens=7, tokenizer=abc",
    "key_levels: [1, 2], primary_key=id, PRIMARY_KEY=id, foreign_key: x, sort_key: name, key: value, KEY",
    "keyboard=1 monkey=banana author: joe authors=a secretary: bob",
    "cancellation_token=op_training_1 CancellationToken: op_1 page_token=abc",
    "Unexpected token: the end. Invalid password: must not be empty",
    "password: str, token: str | None = None, secret: bytes",
    "    password = os.environ['X']; token = self.read(x); secret = make_secret(1)",
    '{"password": null, "token": "", "api_key": true}',
    "['password', 'username', 'remember'] {'loc': ('body', 'password'), 'msg': 'Field required'}",
    "http://localhost:8000/a@b http://h/users/a@b http://h:1/x?keys=1&monkey=2",
    "Bearer authentication required; Basic training completed in 3 s",
    "task-0123456789abcdef0123 risk-adjusted-return-0123456789 sk-learn-linear-models-and-more",
    "PWD=/srv/x OLDPWD=/srv",
    "signature: (a, b) -> c",
    "EURUSD=X @id:1.3 features/secret_things/a.feature:3 session_id: host_training_9",
    "password=*** token: *** http://***@h/ Authorization: ***",
    "cookies: 3, no authorization needed, getting token for x",
]
ENVIRONMENT = {
    "FRED_API_KEY": "fr3d|k\u00e4y<x>",
    "POSTGRES_PASSWORD": 'pa"s s\\w&rd/[b]1',
    "IB_ACCOUNT": "DU1234567",
    "ANTHROPIC_API_KEY": "anthropic-of-the-test",
    "DATABASE_URL": "postgresql://ktrdr:db-p4ss@db/ktrdr",
    "SSH_KEY": "line-one-of-it\nline-two-of-it",
    # None of these is told apart from ordinary words.
    "X_TOKEN": "1",
    "SMOKE_KEY": "smoke",
    "DB_PASSWORD": "postgres",
    "COUNT_KEY": "100000",
    "PWD": "/srv/ktrdr",
    "KEY_FILE": "no-secret-1",
    "SSH_PUBLIC_KEY": "ssh-rsa AAAAB3Nz",
    "GIT_TOKEN": "",
    "OTHER": "no-secret-2",
    "BYTES_TOKEN": "not-text-\udcff",
}


@pytest.mark.parametrize("text", HELD)
def test_a_secret_is_masked_and_nothing_else(text: str) -> None:
    assert NOTHING.text(text) == HELD[text]
    assert NOTHING.text(f"before\n{text}\nafter") == f"before\n{HELD[text]}\nafter".replace(
        "KEY-----***\nafter", "KEY-----***"
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_under_the_name_of_a_secret_is_one(name: str) -> None:
    assert NOTHING.text(f"x {name}={M} y") == f"x {name}=*** y"
    assert NOTHING.data({name: "word", "id": "op_1"}) == {name: "***", "id": "op_1"}


@pytest.mark.parametrize("name", ["key", "sig", "auth", "pass", "pw"])
def test_in_a_query_short_names_count_too(name: str) -> None:
    assert NOTHING.text(f"GET /x?a=1&{name}={M}&b=2 {name}=3") == f"GET /x?a=1&{name}=***&b=2 {name}=3"


@pytest.mark.parametrize("form", FORMS)
def test_the_tokens_of_well_known_services_are_known_by_their_form(form: str) -> None:
    assert NOTHING.text(f"it said {form}, then op_1") == "it said ***, then op_1"


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_secret_stays(text: str) -> None:
    assert NOTHING.text(text) == text


@pytest.mark.parametrize("text", HELD)
def test_what_is_masked_stays_as_it_is(text: str) -> None:
    assert NOTHING.text(HELD[text]) == HELD[text]


def test_real_answers_and_logs_stay_as_they_are() -> None:
    """The recordings of the real KTRDR hold no secret."""
    texts = [path.read_text("utf-8") for path in Path(__file__).parents[1].glob("likeness/specimens/**/*.*")]
    assert len(texts) > 3
    for text in texts:
        assert NOTHING.text(text) == text


@pytest.mark.parametrize("name", ["FRED_API_KEY", "POSTGRES_PASSWORD", "IB_ACCOUNT", "ANTHROPIC_API_KEY"])
def test_a_secret_of_the_environment_is_masked_wherever_it_stands(name: str) -> None:
    secret = ENVIRONMENT[name]
    redaction = Redaction(ENVIRONMENT)
    element = ElementTree.Element("a", b=secret)
    spelled = {
        "raw": secret,
        "JSON": json.dumps(secret)[1:-1],
        "JSON as it is": json.dumps(secret, ensure_ascii=False)[1:-1],
        "JSON in JSON": json.dumps(json.dumps(secret))[3:-3],
        "URL": quote(secret, safe=""),
        "URL path": quote(secret),
        "XML": ElementTree.tostring(element, encoding="unicode")[6:-4],
        "repr": repr(secret)[1:-1],
        "table": secret.replace("|", "\\|"),
        "markup": secret.replace("[b]", "\\[b]"),
    }
    for how, form in spelled.items():
        assert redaction.text(f"it is {form}, so") == "it is ***, so", how


@pytest.mark.parametrize("before", range(3))
def test_a_secret_of_the_environment_is_masked_in_base64(before: int) -> None:
    coded = base64.b64encode(b"user:"[:before] + b"anthropic-of-the-test" + b" and more").decode()
    text = Redaction(ENVIRONMENT).text(f"sent {coded} of op_1")
    assert text.startswith("sent ")
    assert "***" in text
    assert len(text) < len(coded) - 10


@pytest.mark.parametrize("secret", ["db-p4ss", "line-one-of-it", "line-two-of-it", "not-text-\udcff"])
def test_so_are_passwords_in_urls_each_line_and_what_is_no_text(secret: str) -> None:
    assert Redaction(ENVIRONMENT).text(f"it is {secret}, so") == "it is ***, so"


@pytest.mark.parametrize(
    "text",
    [
        "smoke test 1 of category smoke",
        "100000 and 1000001 of initial capital 1",
        "postgres is up at /srv/ktrdr",
        "no-secret-1 no-secret-2",
        "ssh-rsa AAAAB3Nz",
        "xDU1234567",
        "DU12345678",
    ],
)
def test_words_and_numbers_of_the_environment_stay(text: str) -> None:
    assert Redaction(ENVIRONMENT).text(text) == text


def test_of_two_secrets_that_begin_alike_the_longer_is_masked_whole() -> None:
    redaction = Redaction({"A_TOKEN": "abc-123-long", "B_TOKEN": "abc-123-long-and-longer"})
    assert redaction.text("abc-123-long-and-longer abc-123-long") == "*** ***"


BODY = {
    "success": True,
    "operation_id": "op_training_1",
    "api_key": M,
    "n": 5,
    "data": {
        "password": 12345678,
        "token": 3,
        "secrets": "plural stays",
        "token_count": 5,
        "key_levels": [1.5],
        "primary_key": "id",
        "set-cookie": [f"a={M}", f"b={M}"],
        "headers": [["Authorization", f"Bearer {M}"], ["accept", "x"]],
        "form": [{"name": "password", "value": M}, {"name": "symbol", "value": "EURUSD"}],
        "text": f'it said {{"token":"{M}"}}',
        "credentials": {"user": "joe", "password": M},
        f"password={M}": 1,
    },
    "detail": [{"loc": ["body", "password"], "input": M, "msg": "too short"}, {"loc": ["body"], "input": 1}],
    "token": None,
}
CLEAN_BODY = {
    "success": True,
    "operation_id": "op_training_1",
    "api_key": "***",
    "n": 5,
    "data": {
        "password": "***",
        "token": 3,
        "secrets": "plural stays",
        "token_count": 5,
        "key_levels": [1.5],
        "primary_key": "id",
        "set-cookie": ["***", "***"],
        "headers": [["Authorization", "***"], ["accept", "x"]],
        "form": [{"name": "password", "value": "***"}, {"name": "symbol", "value": "EURUSD"}],
        "text": 'it said {"token":"***"}',
        "credentials": {"user": "joe", "password": "***"},
        "password=***": 1,
    },
    "detail": [
        {"loc": ["body", "password"], "input": "***", "msg": "too short"},
        {"loc": ["body"], "input": 1},
    ],
    "token": None,
}


def test_a_body_keeps_its_form() -> None:
    assert NOTHING.data(BODY) == CLEAN_BODY
    assert json.loads(NOTHING.json(BODY)) == CLEAN_BODY
    assert NOTHING.data(CLEAN_BODY) == CLEAN_BODY


def test_what_holds_no_secret_is_not_even_copied() -> None:
    body = {"a": [1, "b"], "c": {"d": None}}
    assert NOTHING.data(body) is body


@dataclass(frozen=True)
class Inner:
    words: tuple[str, ...]
    category: Category
    count: int = 3


@dataclass(frozen=True, slots=True)
class Outer:
    name: str
    inner: Inner
    password: str = ""


def test_data_classes_are_walked() -> None:
    outer = Outer("a", Inner(("b", f"password={M}"), Category.CODE_BUG), M)
    assert NOTHING.data(outer) == Outer("a", Inner(("b", "password=***"), Category.CODE_BUG), "***")
    step = StepResult(f"Given a token={M}", "passed", 0.5)
    assert NOTHING.data([step]) == [StepResult("Given a token=***", "passed", 0.5)]


def test_what_needs_no_mask_stays_the_same_object() -> None:
    outer = Outer("the token", Inner(("b",), Category.CODE_BUG))
    assert NOTHING.data([outer])[0] is outer


def test_json_stays_json_and_xml_stays_xml() -> None:
    """Whatever a secret is made of, and whatever stands around it."""
    chance = random.Random(4)
    odd = [
        "a",
        "7",
        '"',
        "'",
        "\\",
        "&",
        "<",
        ">",
        "|",
        ",",
        ";",
        " ",
        "{",
        "}",
        "[",
        "]",
        "é",
        "\t",
        "=",
        ":",
    ]
    for _ in range(500):
        secret = "x1" + "".join(chance.choices(odd, k=8)) + M
        name = chance.choice(["password", "api_key", "token", "Authorization"])
        before = "".join(chance.choices(odd, k=3))
        body: dict[str, Any] = {
            "id": "op_1",
            name: secret,
            "said": f'{before} {name}="x{M}" {before}',
            "n": 1,
        }
        clean = json.loads(NOTHING.json({"a": [body]}))["a"][0]
        assert (clean["id"], clean[name], clean["n"]) == ("op_1", "***", 1)
        assert M not in json.dumps(clean)
        element = ElementTree.Element("e", a=f"{before} {name}={M} {before}")
        ElementTree.SubElement(element, "id").text = "op_1"
        element[0].tail = f"{before} {name}: {M}{before} {before}"
        read = ElementTree.fromstring(NOTHING.text(ElementTree.tostring(element, encoding="unicode")))
        assert read.find("id") is not None
        assert M not in ElementTree.tostring(read, encoding="unicode")


def test_sentences_that_quote_the_beginning_of_a_text_quote_no_part_of_a_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = Redaction({"CUT_TOKEN": M * 3})
    monkeypatch.setattr("ktrdr_acceptance.evidence.redaction.the_redaction", lambda: own)
    answer = Answer("ib-host", "GET /", 200, f"{'x' * 70} {M * 3} y", 0.1)
    with pytest.raises(ContractBreach) as breach:
        accepted(answer)
    unwell = hosts._unwell("ib-host", lambda: answer, "healthy", 1.0)
    shown = logs._shown([Entry(f"{'x' * (logs._LONGEST_LINE - 10)} {M * 3}")])
    target = EmbeddedTarget(Settings(reports=tmp_path))
    target._stderr.parent.mkdir()
    target._stderr.write_text(f"{M * 3} {'y' * 480}")
    for said in (str(breach.value), unwell, shown, target._complaint()):
        assert "***" in said
        assert M[:4] not in said
        assert M[-4:] not in said


def test_a_stream_is_redacted_by_whole_lines() -> None:
    under = io.StringIO()
    stream = RedactingStream(under)
    stream.write("password=")
    assert under.getvalue() == ""
    stream.write(f"{M} of x\nnext tok")
    assert under.getvalue() == "password=*** of x\n"
    stream.writelines(["en=", M])
    stream.flush()
    assert under.getvalue() == "password=*** of x\nnext token=***"
    stream.write("\n")
    print("a", M, file=stream)
    assert under.getvalue().endswith(f"token=***\na {M}\n")
    assert stream.getvalue() == under.getvalue()


def test_json_in_a_stream_stays_json() -> None:
    under = io.StringIO()
    stream = RedactingStream(under)
    plain = json.dumps({"b": 1, "a": ["x"]}, indent=1)
    stream.write(plain)
    stream.flush()
    assert under.getvalue() == plain
    under.truncate(0)
    under.seek(0)
    stream.write(json.dumps({"password": 12345678, "said": f"password='{M}", "a": 1}))
    stream.flush()
    assert json.loads(under.getvalue()) == {"password": "***", "said": "password='***", "a": 1}


class Opener:
    """Opens and closes as behave's own opener does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stream: Any = None

    def open(self) -> Any:
        if self.stream is None:
            self.stream = self.path.open("w", encoding="utf-8")
        return self.stream

    def close(self) -> None:
        self.stream.close()


def test_what_a_formatter_writes_is_redacted_to_its_last_line(tmp_path: Path) -> None:
    opener = Opener(tmp_path / "out.txt")
    redact_opener(opener)
    stream = opener.open()
    assert opener.open() is stream
    stream.write(f"a\npassword={M}")
    opener.close()
    opener.close()
    assert opener.path.read_text() == "a\npassword=***"


def test_files_of_others_are_redacted_in_place(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    (folder / "deeper").mkdir(parents=True)
    log, body, whole = folder / "a.log", folder / "deeper" / "b.json", folder / "c.log"
    log.write_bytes(f"a\r\npassword={M}\r\n\xff".encode("latin-1"))
    body.write_text(json.dumps({"password": M, "n": 1}))
    whole.write_text("nothing here\n")
    before = whole.stat().st_mtime_ns, whole.stat().st_ino
    redact_files([folder, tmp_path / "gone"])
    assert log.read_bytes() == b"a\r\npassword=***\r\n\xff"
    assert json.loads(body.read_text()) == {"password": "***", "n": 1}
    assert (whole.stat().st_mtime_ns, whole.stat().st_ino) == before
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.log", "b.json", "c.log", "deeper", "logs"]


def test_a_file_that_cannot_be_redacted_does_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.log"
    file.write_text(f"password={M}")

    def fail(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr("ktrdr_acceptance.evidence.streams.os.replace", fail)
    redact_files([file])
    assert not file.exists()
    assert M not in "".join(path.read_text() for path in tmp_path.iterdir())
