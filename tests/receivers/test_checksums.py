import pytest

from receivers.checksums import column_parity, contact_id_digit, crc16, v_byte


def test_crc16_gives_the_published_check_value() -> None:
    assert crc16(b"123456789") == 0xBB3D


def test_crc16_is_right_where_the_printed_table_is_not() -> None:
    # DC-07-2001.04 prints BE01 at index 100 of its table; EB01 is right.
    assert crc16(b"\x64") == 0xEB01


@pytest.mark.parametrize(
    ("block", "parity"),
    [
        pytest.param("4623303132333435", 0x9B, id="account block"),
        pytest.param("4038", 0x87, id="acknowledge, answer wanted"),
        pytest.param("0038", 0xC7, id="acknowledge"),
    ],
)
def test_column_parity_makes_the_xor_of_a_block_ff(block: str, parity: int) -> None:
    assert column_parity(bytes.fromhex(block)) == parity


def test_the_v_byte_of_the_manuals_example() -> None:
    call = b'\'062794"0345"51\x051234"BA01"BA02"BA04'
    assert v_byte(call) == 0x7E


@pytest.mark.parametrize(
    ("digits", "check"),
    [
        pytest.param("123418113101015", "8", id="the worked example"),
        pytest.param("000118160200000", "B", id="zeros count ten"),
        pytest.param("BCDE18112000007", "F", id="hexadecimal account"),
        pytest.param("BCDE18112000000", "C", id="another zone"),
        pytest.param("999918613002099", "F", id="already a multiple of fifteen"),
        pytest.param("", "F", id="nothing"),
    ],
)
def test_the_check_digit_makes_the_sum_a_multiple_of_fifteen(digits: str, check: str) -> None:
    values = {
        **{str(d): d or 10 for d in range(10)},
        **dict(zip("BCDEF", range(11, 16), strict=True)),
    }
    assert contact_id_digit(digits) == check
    assert sum(values[d] for d in digits + check) % 15 == 0


@pytest.mark.parametrize("digits", ["12A4", "12 4", "x"])
def test_what_is_no_digit_has_no_check_digit(digits: str) -> None:
    assert contact_id_digit(digits) is None
