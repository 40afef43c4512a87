"""Ruling 79's sentences as a table: what is written, and what it says.

`says` is the mobile, the landline, 'mobile landline' where both are given, or the code that refuses it. A number without
quotes is a JSON number. `flags` are those that the ruling names.
"""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    sentence: str
    written: str  # JSON text
    says: str
    flags: frozenset[str] = frozenset()


U, S = frozenset({"UNUSUAL"}), frozenset({"SEGMENT"})
M = "13912345678"
L = "02158235823"


def _all(sentence: str, says: str, texts: str, flags: frozenset[str] = frozenset()) -> list[Example]:
    """Examples of one sentence; those with a backquote around them are JSON as it stands."""
    return [
        Example(sentence, text[1:-1] if text.startswith("`") else '"' + text.replace('"', '\\"') + '"', says, flags)
        for text in texts.split("|")
    ]


EXAMPLES: list[Example] = [
    *_all("Unicode digits to ASCII", M, "１３９１２３４５６７８|١٣٩١٢٣٤٥٦٧٨|१३९१२३४५६७८|1３9१2345678"),
    *_all("a quote or = in front", M, "'13912345678|=13912345678|=\"13912345678\"|\"13912345678\"|’13912345678|＝13912345678"),
    *_all("a label", M, "手机13912345678|手机：13912345678|电话 13912345678"),
    *_all("a label", M, "phone:13912345678|Mobile 139 1234 5678|tel:13912345678"),
    *_all("a label", M, "p:+8613912345678|tel:+86-139-1234-5678|联系电话: (86)13912345678|手机号码(本人)：13912345678"),
    *_all("a label", L, "电话：021-58235823|tel:+86-21-58235823|座机(021)58235823"),
    *_all("text behind", M, "13912345678(微信同号)|13912345678微信同号|13912345678,|13912345678 先生|13912345678（本人）"),
    *_all("text behind", L, "021-58235823(总机)|021-58235823转|02158235823 ext"),
    *_all("words behind that begin with a digit", M, "13912345678 8点后打|139 1234 5678 2楼", U),
    *_all("words behind that begin with a digit", L, "021-58235823 3楼", U),
    *_all("a digit behind a blank is one of the number", "BAD_PHONE", "13912345678 8|021-58235823 3"),
    *_all("a digit behind a blank is one of the number", M, "1391234567 8张先生"),
    *_all(".0… falls", M, "13912345678.0|13912345678.00|`13912345678.0`|`13912345678.000`"),
    *_all("an exponent, all digits written", M, "1.3912345678E+10|1.3912345678e10|`1.3912345678E+10`|`139123456780E-1`"),
    *_all("an exponent, digits missing", "BAD_PHONE", "1.39E+10|`1.39E+10`|`1.391234567E10`|`139E8`|1E10"),
    *_all("digits written, though they be 0", "13900000000", "1.3900000000E+10|`1.3900000000E+10`"),
    *_all("country code", M, "8613912345678|+8613912345678|008613912345678|+86 139 1234 5678|86-139-1234-5678|0086 13912345678"),
    *_all("country code in brackets", M, "(+86)13912345678|(86)13912345678"),
    *_all("country code in brackets", M, "+(86)13912345678|（+86）139-1234-5678|(0086)13912345678"),
    *_all("country code twice", M, "+86+8613912345678|+86 86 139 1234 5678"),
    *_all("country code twice", M, "+008613912345678|8686 13912345678|0086 86 13912345678"),
    *_all("country code thrice", "BAD_PHONE", "86868613912345678"),
    *_all("separators", M, "139 1234 5678|139-1234-5678|139.1234.5678"),
    *_all("separators", M, "139–1234–5678|139−1234−5678|139ー1234ー5678|139～1234～5678"),
    *_all("separators", M, "139_1234_5678|(139)1234-5678|[139]12345678|139　1234　5678|139‑1234‑5678|1-3-9-1-2-3-4-5-6-7-8"),
    *_all("separators", L, "021 58235823|021-5823-5823|(021)58235823"),
    *_all("separators", L, "021.58235823|(021) 5823 5823|０２１－５８２３５８２３|021—58235823"),
    *_all("one 0 before a mobile", M, "013912345678|0139-1234-5678|0 139 1234 5678"),
    *_all("one 0 before a mobile", M, "+86 013912345678|+86(0)13912345678|`13912345678`"),
    *_all("two 0 before a mobile", "BAD_PHONE", "00 0 13912345678"),
    *_all("a plus before the mobile itself", M, "+13912345678|+139 1234 5678|＋13912345678", U),
    *_all("13 to 19", "19912345678", "19912345678|199 1234 5678"),
    *_all("begins with 0", "01012345678", "010-12345678|01012345678|010 1234 5678|(010)12345678|+86 10 12345678|861012345678"),
    *_all("begins with 0, is no landline", "BAD_PHONE", "010-1234567|010123456789|021-5823582|0123-4567890|0-8"),
    *_all("10 or 2x and a separator", "01012345678", "10-12345678|10 12345678|(10)12345678|10-1234-5678", U),
    *_all("10 or 2x and a separator", L, "21-58235823|21 58235823|(21)5823-5823", U),
    *_all("10 or 2x and a separator, never a mobile", "BAD_PHONE", "10-123456789|10 123 456 789|10-1234567|21-582358231"),
    *_all("other eleven digits 10x to 12x", "10123456789", "10123456789|101-2345-6789|1012 3456 789|+86 10123456789", S),
    *_all("other eleven digits 10x to 12x", "11234567890", "11234567890|112-3456-7890|011234567890", S),
    *_all("other eleven digits 10x to 12x", "12345678901", "12345678901|012345678901|`12345678901`", S),
    *_all("landline of 7 or 8", "07551234567", "0755-1234567|07551234567|0755 123 4567|+86 755 1234567|86 0755-1234567"),
    *_all("landline of 7 or 8", "075512345678", "0755-12345678|0755-1234-5678|0755 1234 5678|0755 1234567 8|0755.1234567.8"),
    *_all("the first dash after a complete number", "07551234567-8", "0755-1234567-8|0755-123-4567-8"),
    *_all("the first dash after a complete number", "07551234567-8", "(0755)1234567(8)|0755 1234567 - 8"),
    *_all("the first dash after a complete number", "075512345678-801", "0755-12345678-801|0755-1234-5678-801"),
    *_all("area code by pattern", "BAD_PHONE", "013-12345678|012-12345678|029-1234567|58235823|5823582|12345678"),
    *_all("a 0 that a sheet has eaten", L, "2158235823|`2158235823`|`2158235823.0`|21.58235823|`2.158235823E9`", U),
    *_all("a 0 that a sheet has eaten", "075512345678", "75512345678|`75512345678`|755-12345678", U),
    *_all("a 0 that a sheet has eaten", "07551234567", "7551234567|`7551234567`|755-1234567", U),
    *_all("a 0 that a sheet has eaten", "01012345678", "1012345678|`1012345678`", U),
    *_all("eaten, with an extension", "02158235823-801", "2158235823-801|21-58235823转801", U),
    *_all("extension marks", "02158235823-801", "021-58235823-801|021-58235823转801|021-58235823分机801|021-58235823转分机801"),
    *_all("extension marks", "02158235823-801", "021-58235823 分机号：801|021-58235823 ext 801"),
    *_all("extension marks", "02158235823-801", "021-58235823 EXT.801|021-58235823 ext: 801"),
    *_all("extension marks", "02158235823-801", "021-58235823 extension 801|021-58235823x801"),
    *_all("extension marks", "02158235823-801", "021-58235823 X 801|021-58235823#801"),
    *_all("extension marks", "02158235823-801", "021-58235823,801|021-58235823，801"),
    *_all("extension marks", "02158235823-801", "+862158235823;ext=801|tel:+86-21-58235823;ext=801"),
    *_all("extension marks", "02158235823-801", "021-58235823(801)|021-58235823（转801）"),
    *_all("extension marks", "02158235823-801", "021-58235823 (ext. 801)|021-58235823—801"),
    *_all("zeros kept", "02158235823-0801", "021-58235823-0801|021-58235823转0801"),
    *_all("1 to 6 digits", "02158235823-123456", "021-58235823-123456"),
    *_all("1 to 6 digits", "02158235823-0", "021-58235823-0|021-58235823转0"),
    *_all("more than 6 digits", "BAD_PHONE", "021-58235823-1234567|021-58235823转12345678"),
    *_all("behind a mobile", "13912345678-8012", "13912345678-8012|139-1234-5678转8012", U),
    *_all("behind a mobile", "13912345678-8012", "+86 13912345678,8012|13912345678(8012)", U),
    *_all("the same twice is one", M, "13912345678/13912345678|13912345678 139-1234-5678"),
    *_all("the same twice is one", M, "1391234567813912345678|13912345678,+8613912345678"),
    *_all("the same twice is one", L, "021-58235823/02158235823|021-58235823 (021)58235823"),
    *_all("a mobile and a landline", f"{M} {L}", "13912345678/021-58235823|13912345678 021-58235823|021-58235823 13912345678"),
    *_all("a mobile and a landline", f"{M} {L}", "手机13912345678 座机021-58235823"),
    *_all("a mobile and a landline", f"{M} {L}", "021-58235823-13912345678|021-58235823 / 139 1234 5678"),
    *_all("a mobile and a landline", f"{M} 02158235823-801", "021-58235823-801/13912345678|13912345678、021-58235823转801"),
    *_all("another number", "BAD_PHONE", "13912345678/13812345678|13912345678 13812345678"),
    *_all("another number", "BAD_PHONE", "1391234567813812345678|13912345678-1234567"),
    *_all("another number", "BAD_PHONE", "021-58235823/010-12345678|021-58235823/58235824|021-58235823-02187654321"),
    *_all("fewer digits", "BAD_PHONE", "1391234567|139-1234-567|`1391234567`|021-582358"),
    *_all("more digits", "BAD_PHONE", "139123456789|139 1234 5678 9|`139123456789`|021 58235823 801"),
    *_all("negative", "BAD_PHONE", "-13912345678|`-13912345678`|`-13912345678.0`|−13912345678"),
    *_all("masked", "BAD_PHONE", "139****5678|139 **** 5678|1391234****|139xxxx5678|0755-582358**|021-5823582x|139＊＊＊＊5678"),
    *_all("no number", "BAD_PHONE", "无|-|N/A|+|'|abc|0|86"),
    *_all("other countries", "FOREIGN_NUMBER", "+852 6123 4567|0085261234567"),
    *_all("other countries", "FOREIGN_NUMBER", "(+852)61234567|+44 20 7946 0000|+1 212 555 0100 ext 1"),
    *_all("other countries", "FOREIGN_NUMBER", "+852 12|+81 90-1234-5678|tel:+852-6123-4567"),
    *_all("service and test numbers", "SERVICE_NUMBER", "400-123-4567|`4001234567`|95588"),
    *_all("service and test numbers", "SERVICE_NUMBER", "110|400 123 4567 转 8|+86 400-123-4567|客服：95588"),
    *_all("service and test numbers", "TEST_NUMBER", "13800138000|+86 138-0013-8000|`13800138000.0`|11111111111|013800138000"),
    *_all("wrong types", "BAD_FIELD", "`true`|`[13912345678]`|`{}`|`\"139\\ud83d12345678\"`"),
    *_all("unseen characters", M, "139\u200b1234\u200b5678|\u202d13912345678\u202c"),
    *_all("unseen characters", M, "\u206813912345678\u2069|\ufeff13912345678|\u200e13912345678"),
    *_all("unseen characters", M, "139\u00ad12345678|139\u2060123\u200d45678|1\ufe0f3912345678"),
    *_all("unseen characters", M, "139\u200c12345678|\u061c139 1234 5678|139\u00a01234\u202f5678"),
]  # fmt: skip

FOREIGN: list[tuple[str, tuple[str, ...], str, bool]] = [
    # JSON text, validation.countries, mobile or code, UNUSUAL
    ('"+852 6123 4567"', ("CN", "HK"), "+85261234567", False),
    ('"0085261234567"', ("CN", "HK"), "+85261234567", False),
    ("85261234567", ("CN", "HK"), "+85261234567", False),
    ('"(+852) 6123-4567"', ("CN", "HK"), "+85261234567", False),
    ('"+852 6123 4567 ext 8"', ("CN", "HK"), "+85261234567-8", True),
    ('"+852 6123 4567"', ("CN", "JP"), "FOREIGN_NUMBER", False),
    ('"+852 612345678901"', ("CN", "HK"), "FOREIGN_NUMBER", False),
    ('"+44 (0)20 7946 0000"', ("CN", "GB"), "+442079460000", False),
    ('"+8613912345678"', ("CN", "HK"), "13912345678", False),
    ('"13912345678"', ("CN", "US"), "13912345678", False),
]
