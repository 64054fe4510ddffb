from __future__ import annotations

import csv
import io
import json

from gatepost.cli.explaining.rows import Row, row_of
from gatepost.cli.explaining.streams import COLUMNS, csv_header, csv_line, json_line, json_object, plain
from gatepost.maillog.event import Event
from gatepost.maillog.summary import DomainCount, Summary, Trouble
from gatepost.reply.explain import explain


def test_a_line_of_json_is_one_line_whatever_the_text() -> None:
    line = json_line(row_of("550 a\x85b\u2028c\u2029d\x0be\x1cf ü", None)).decode()
    assert len(line.splitlines()) == 1
    assert json.loads(line)["text"] == "550 a\x85b\u2028c\u2029d\x0be\x1cf ü"


def test_an_object_is_indented() -> None:
    assert json_object(explain("550")).startswith('{\n  "text": "550",\n  "code": 550,')


def test_csv_has_the_columns_of_its_header() -> None:
    told = row_of("550 5.1.1 User, unknown", None)
    header, record = csv.reader(io.StringIO(csv_header() + csv_line(told)))
    found = dict(zip(header, record, strict=True))
    assert tuple(header) == COLUMNS
    assert (found["code"], found["text"], found["class"]) == ("550", "550 5.1.1 User, unknown", "permanent")
    assert found["references"] == "RFC 5321 §4.2.2; RFC 3463 §3.2"


def test_csv_names_every_field_of_a_row() -> None:
    assert {name.replace("class_", "class") for name in Row.__struct_fields__} == set(COLUMNS)


def test_a_spreadsheet_takes_no_words_of_strangers_for_a_formula() -> None:
    told = row_of("x", Event(system="exim", result="bounced", sender='=HYPERLINK("http://192.0.2.1")'))
    assert "'=HYPERLINK" in csv_line(told)


def test_a_summary_is_plain_values_with_the_weightiest_cause_first() -> None:
    def trouble(cause: str, refused: int) -> Trouble:
        return Trouble(
            cause=cause,
            direction="received",
            side="sender",
            confidence="certain",
            retry="no",
            persistence="permanent",
            meaning="m",
            action="a",
            refused=refused,
        )

    found = json.loads(
        json_object(
            plain(
                Summary(
                    lines=9,
                    foreign=1,
                    unread=["?"],
                    troubles={
                        ("greylist", "received", "sender"): trouble("greylist", 1),
                        ("user_unknown", "received", "sender"): trouble("user_unknown", 5),
                    },
                    domains={"a.example": DomainCount(9, 0, 0), "b.example": DomainCount(0, 1, 5)},
                )
            )
        )
    )
    assert [(row["cause"], row["count"], row["refused"]) for row in found["causes"]] == [
        ("user_unknown", 5, 5),
        ("greylist", 1, 1),
    ]
    assert list(found["domains"]) == ["b.example", "a.example"]
    assert found["unread"] == {"foreign": 1, "broken": 0, "cut": 0, "lines": ["?"]}
